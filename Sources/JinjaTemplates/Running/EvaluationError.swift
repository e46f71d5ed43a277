/// Why an expression, filter or test could not be evaluated; the kinds are Python's and Jinja2's.
///
/// A class so that throwing one costs a pointer; it gathers the trail of templates on its way out.
public final class EvaluationError: Error, @unchecked Sendable {
    // SAFETY: `trail` changes only while the error unwinds through the one render that threw it.

    /// What kind of failure, named as in Jinja2 and Python; callers switch on it.
    public enum Kind: String, Sendable {
        case undefinedError = "UndefinedError"
        case templateRuntimeError = "TemplateRuntimeError"
        case templateNotFound = "TemplateNotFound"
        case templatesNotFound = "TemplatesNotFound"
        case syntaxError = "TemplateSyntaxError"
        case assertionError = "TemplateAssertionError"
        case filterArgumentError = "FilterArgumentError"
        case securityError = "SecurityError"
        case typeError = "TypeError"
        case valueError = "ValueError"
        case keyError = "KeyError"
        case indexError = "IndexError"
        case attributeError = "AttributeError"
        case zeroDivisionError = "ZeroDivisionError"
        case overflowError = "OverflowError"
        case runtimeError = "RuntimeError"
        case recursionError = "RecursionError"
        case notImplementedError = "NotImplementedError"
        case unicodeError = "UnicodeEncodeError"
        case decodeError = "UnicodeDecodeError"
        case memoryError = "MemoryError"
        /// Ansible's own errors.
        case ansibleFilterError = "AnsibleTemplatePluginError"
        case ansibleTypeError = "AnsibleTypeError"
        case ansibleError = "AnsibleError"
        /// A limit of this engine was reached: fuel, output, repeat, range, text size, regular expression steps.
        case limitExceeded = "LimitExceeded"
        /// The environment was cancelled or a host function failed for a reason of its own.
        case hostError = "HostError"
    }

    /// A place the error passed on its way out: a template and a byte offset in its source.
    struct Place {
        var template: CompiledTemplate
        var offset: Int
    }

    /// What kind of failure.
    public let kind: Kind
    /// What happened, as Python says it.
    public let message: String
    /// The exception's name when it differs from the kind's, for host errors.
    package let typeName: String
    /// Innermost first.
    var trail: [Place] = []
    /// The undefined name, for a suggestion.
    var undefinedName: String?
    /// Names and printed values read on the failing line.
    var values: [(name: String, value: String)] = []
    /// The template that did not compile, when it is not the one asked for.
    var failedSource: (name: String, source: [UInt8])?
    /// A name that exists and looks like the undefined one.
    var suggestion: String?
    /// Byte offset of a syntax error.
    var sourceOffset: Int?
    /// Raised when a render is to change frozen data: it starts over on a private copy.
    var needsPrivateCopy = false

    /// `typeName` replaces the name of the kind, for errors of a host program.
    public init(_ kind: Kind, _ message: String, typeName: String? = nil) {
        self.kind = kind
        self.message = message
        self.typeName = typeName ?? kind.rawValue
    }

    static func unsupported(_ op: String, _ a: TemplateValue, _ b: TemplateValue) -> EvaluationError {
        EvaluationError(
            .typeError, "unsupported operand type(s) for \(op): '\(a.typeName)' and '\(b.typeName)'")
    }

    static func tooManyDigits() -> EvaluationError {
        EvaluationError(
            .valueError,
            "Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
        )
    }

    /// What a filter throws that would change a frozen list or dict: the render starts over on a private copy.
    package static func frozen() -> EvaluationError {
        let error = EvaluationError(.runtimeError, "the data of this render is shared and cannot be changed")
        error.needsPrivateCopy = true
        return error
    }

    /// Throws; for closures that do nothing else.
    static func raise<R>(_ kind: Kind, _ message: String) throws(EvaluationError) -> R {
        throw EvaluationError(kind, message)
    }
}
