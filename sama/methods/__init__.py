"""One file a method, one table: whatever turns a request into masks and mattes."""
