"""What a document is made of: files and their openers, sections, sentences, list items. Knows no medicine."""
