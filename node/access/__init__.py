"""Who may do what: invitations to bid on designs that are not public, and the one table of permissions."""
