/// How templates are read: delimiters, white space, extensions.
public struct TemplateSyntax: Sendable, Hashable {
    /// Statements beyond the core language.
    public enum Extension: String, Sendable, Hashable, CaseIterable {
        case `do`
        case loopControls = "loopcontrols"
        case i18n
        case debug
    }

    /// Begins a statement.
    public var blockStart = "{%"
    /// Ends a statement.
    public var blockEnd = "%}"
    /// Begins what is printed.
    public var variableStart = "{{"
    /// Ends what is printed.
    public var variableEnd = "}}"
    /// Begins a comment.
    public var commentStart = "{#"
    /// Ends a comment.
    public var commentEnd = "#}"
    /// A prefix that makes a whole line a statement.
    public var lineStatementPrefix: String?
    /// A prefix that makes the rest of a line a comment.
    public var lineCommentPrefix: String?
    /// Drops one newline after a block or comment.
    public var trimBlocks = false
    /// Drops the indent before a block or comment.
    public var lstripBlocks = false
    /// Keeps the source's final newline.
    public var keepTrailingNewline = false
    /// What every line end of the source becomes.
    public var newlineSequence = "\n"
    /// Statements beyond the core language that may be used.
    public var extensions: Set<Extension> = []
    /// Whether a first line `#jinja2: trim_blocks: False, …` changes these settings for its template, as in Ansible.
    public var readsHeader = false

    /// The defaults, or the members given.
    public init() {}
}

/// What a render may use up; each limit is a clean error, never a trap.
public struct RenderLimits: Sendable, Hashable {
    /// Steps: loop rounds, calls, items handled, and one for each 16 bytes of text made.
    public var fuel = 50_000_000
    /// Bytes of output.
    public var outputBytes = 256 << 20
    /// Depth of calls, includes and nested values.
    public var recursion = 150
    /// Bytes of one text value.
    public var textBytes = 64 << 20
    /// Items of one list made by a filter, `*` or `range`.
    public var items = 5_000_000
    /// Bits of one integer.
    public var integerBits = 1 << 17

    /// The defaults, or the members given.
    public init() {}
}

/// Settings of an environment.
public struct TemplateSettings: Sendable {
    /// How templates are read.
    public var syntax = TemplateSyntax()
    /// Whether printed text is HTML-escaped.
    public var autoescape = false
    /// What may be done with undefined values.
    public var undefined = UndefinedKind.strictChainable
    /// How `{{ … }}` prints values that are no texts.
    public var printedForm = PrintedForm.python
    /// Whether a render ends with no fewer line ends than its source, as Ansible sees to for the template that is rendered and
    /// not for those that it includes. Neither does it for what renders to nothing, or is one expression that gives no text.
    public var restoresFinalNewlines = false
    /// What a render may use up.
    public var limits = RenderLimits()
    /// Which attributes and methods templates may reach.
    public var sandbox = Sandbox.none
    /// Depth of nested expressions and statements a template may have.
    public var nesting = 100

    /// The defaults, or the members given.
    public init() {}
}

/// How `{{ … }}` prints values that are no texts.
public enum PrintedForm: Sendable {
    /// As Python's `str` does: `None`, `(1, 2)`, `dict_keys(['a'])`.
    case python
    /// As ansible-core 2.19 does: nothing for `None`; tuples, views of dicts and what filters give one by one as lists.
    case ansible
}

/// Jinja2's sandboxes. Templates here reach nothing but values either way; these match what Jinja2 refuses.
public enum Sandbox: String, Sendable {
    case none
    /// Names with a leading underscore are refused.
    case plain
    /// And so are methods that change a list or dict.
    case immutable
}

/// Finds the source of a template by name.
public protocol TemplateLoader: Sendable {
    /// The source, or nil when there is no such template. Throw for one that exists and cannot be read.
    func source(of name: String) throws(EvaluationError) -> [UInt8]?
}

/// Templates held in memory.
public struct DictionaryLoader: TemplateLoader {
    private let sources: [String: String]
    /// The defaults, or the members given.
    public init(_ sources: [String: String]) { self.sources = sources }
    /// The source under that name.
    public func source(of name: String) throws(EvaluationError) -> [UInt8]? { sources[name].map { Array($0.utf8) } }
}

/// Filters, tests and globals under a name.
public struct TemplatePack: Sendable {
    /// Its name.
    public var name: String
    /// Filters by name.
    public var filters: [String: TemplateFunction]
    /// Tests by name.
    public var tests: [String: TemplateFunction]
    /// Global functions by name.
    public var globals: [String: TemplateFunction]

    /// The defaults, or the members given.
    public init(
        name: String, filters: [String: TemplateFunction] = [:], tests: [String: TemplateFunction] = [:],
        globals: [String: TemplateFunction] = [:]
    ) {
        (self.name, self.filters, self.tests, self.globals) = (name, filters, tests, globals)
    }
}
