"""What Tickler's services share: event contracts, and the plumbing that never loses one."""
