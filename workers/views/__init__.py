"""What people look at: tables and progress in the terminal. Facts come in, nothing is asked here but the ledger."""
