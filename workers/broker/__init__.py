"""What makes Redis safe and sparing for tasks that run for hours. Stands on the bench floor."""
