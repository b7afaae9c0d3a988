"""What challenges a verdict, in words, with a picture and a table each: a module for each analysis."""
