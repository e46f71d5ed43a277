// TextPatterns: Regular expressions with time and size limits; the only importer of PCRE2.
