"""Fine-tuning on photographs of one's own: the encoder stays as it is, and looks at each photograph once."""
