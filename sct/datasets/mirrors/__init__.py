"""What a mirror makes of labels."""
