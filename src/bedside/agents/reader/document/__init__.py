"""The parts of a document: files and their openers, sections, sentences, list items. It knows no medicine."""
