/// What a member name means for the built-in types, worked out once per template.
struct NameTraits {
    private var bits: UInt8 = 0
    /// The member of `loop` it names.
    let loopMember: LoopMember?

    init(_ name: TextValue) {
        let known = name.withBytes { bytes in
            // Members of built-in types have 3 to 12 letters, or begin with an underscore.
            bytes.first == 0x5F || (3...12).contains(bytes.count) && bytes.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 == 0x5F || $0 == 0x30 }
        }
        guard known else {
            loopMember = nil
            return
        }
        if TextMethods.isName(name) { bits |= 1 }
        if ListMethods.isName(name) { bits |= 2 }
        if DictMethods.isName(name) { bits |= 4 }
        // Everything else that a value other than a dict's entry may answer to.
        let text = name.string
        if text.utf8.first == 0x5F || NumberMethods.names.contains(text) { bits |= 8 }
        loopMember = LoopMember(text)
    }

    var isTextMethod: Bool { bits & 1 != 0 }
    var isListMethod: Bool { bits & 2 != 0 }
    var isDictMethod: Bool { bits & 4 != 0 }
    /// Whether no built-in value but a dict with such an entry has this member.
    var isPlain: Bool { bits == 0 }
}

/// The members of `loop` that are plain values.
enum LoopMember: UInt8 {
    case index, index0, first, last, length, revindex, revindex0, depth, depth0

    init?(_ name: String) {
        switch name {
        case "index": self = .index
        case "index0": self = .index0
        case "first": self = .first
        case "last": self = .last
        case "length": self = .length
        case "revindex": self = .revindex
        case "revindex0": self = .revindex0
        case "depth": self = .depth
        case "depth0": self = .depth0
        default: return nil
        }
    }
}
