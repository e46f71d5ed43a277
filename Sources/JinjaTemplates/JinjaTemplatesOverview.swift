// JinjaTemplates: The template language: lexer, parser, evaluator with limits.
