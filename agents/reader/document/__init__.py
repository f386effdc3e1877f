"""What a document is made of: its sections, sentences and list items. Knows no medicine."""
