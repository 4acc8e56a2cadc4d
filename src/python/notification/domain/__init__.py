"""What a reminder is and when it is void; without IO."""
