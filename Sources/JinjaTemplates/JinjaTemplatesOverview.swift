// JinjaTemplates: the template language: lexer, parser, evaluator with limits.
//
// The folders beside this file are unfinished and not built (`unbuilt` in Package.swift): values, lexer, parser and
// compiler exist; the loop that runs the bytecode, the standard filters and tests, and the public environment do not.
