"""What a completion means for its series. No input or output here."""
