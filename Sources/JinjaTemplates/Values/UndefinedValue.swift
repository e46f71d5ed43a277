/// A value that is not there, and how that came about.
public final class UndefinedValue {
    /// A sentence that replaces the usual one.
    package let hint: String?
    /// What lacked the member; `.missing` when a plain name was not found.
    package let owner: TemplateValue
    /// The name, or whatever stood in the brackets.
    package let name: TemplateValue

    /// An inline `if` without `else` gives Jinja2's own kind whatever the environment's is.
    package let isAlwaysLenient: Bool
    /// A sandbox refused the member: using it is a security error.
    package let isUnsafe: Bool
    let nesting: Int

    package init(
        hint: String? = nil, owner: TemplateValue = .missing, name: TemplateValue = .none,
        isAlwaysLenient: Bool = false,
        isUnsafe: Bool = false
    ) {
        self.isUnsafe = isUnsafe
        nesting = max(owner.nesting, name.nesting) + 1
        (self.hint, self.owner, self.name, self.isAlwaysLenient) = (hint, owner, name, isAlwaysLenient)
    }
}

/// What a template may do with something undefined.
public enum UndefinedKind: String, Sendable, CaseIterable {
    /// Jinja2's own: prints as nothing, is false, iterates as empty; arithmetic and attributes fail.
    case lenient = "default"
    /// Any use fails but `is defined` and `default`.
    case strict
    /// As `lenient`, and members of undefined are undefined again.
    case chainable
    /// As `lenient`, but prints as `{{ name }}`.
    case debug
    /// Members of undefined are undefined again, any other use fails (AVD, Ansible). The default for device text.
    case strictChainable = "strict_chainable"
    /// The same, but `if` on undefined is false (netlab).
    case strictChainableFalsy = "strict_chainable_falsy"

    /// Whether `x.y` of an undefined x is undefined again.
    var isChainable: Bool {
        switch self {
        case .chainable, .strictChainable, .strictChainableFalsy: true
        case .lenient, .strict, .debug: false
        }
    }
    /// Whether printing, comparing and iterating fail.
    var isStrict: Bool {
        switch self {
        case .strict, .strictChainable, .strictChainableFalsy: true
        case .lenient, .chainable, .debug: false
        }
    }
}
