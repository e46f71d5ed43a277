/// What a member name means for the built-in types, worked out once per template.
struct NameTraits {
    private var bits: UInt8 = 0
    /// The member of `loop` it names.
    let loopMember: LoopMember?

    private init(bits: UInt8, loopMember: LoopMember?) { (self.bits, self.loopMember) = (bits, loopMember) }

    init(_ name: TextValue, hash: Int? = nil) {
        if name.byteCount > 0, name.withBytes({ $0[0] == 0x5F }) {
            bits = Self.known[name.contentHash].flatMap { $0.name.equals(name) ? $0.traits.bits : nil } ?? 0
            bits |= Self.special
            loopMember = nil
        } else if let known = Self.known[hash ?? name.contentHash], known.name.equals(name) {
            self = known.traits
        } else {
            loopMember = nil
        }
    }

    private static let special: UInt8 = 8

    // SAFETY: never changed after it is made.
    /// All names that mean something, by their hash.
    nonisolated(unsafe) private static let known: [Int: (name: TextValue, traits: NameTraits)] = {
        let groups: [(Set<String>, UInt8)] = [
            (TextMethods.names, 1), (ListMethods.names, 2), (DictMethods.names, 4), (NumberMethods.names, special),
        ]
        var bits: [String: UInt8] = [:]
        for (names, bit) in groups { for name in names { bits[name, default: 0] |= bit } }
        for member in LoopMember.names { bits[member, default: 0] |= 0 }
        var table: [Int: (name: TextValue, traits: NameTraits)] = [:]
        for (name, bits) in bits {
            let text = TextValue.make(name)
            table[text.contentHash] = (text, NameTraits(bits: bits, loopMember: LoopMember(name)))
        }
        return table
    }()

    var isTextMethod: Bool { bits & 1 != 0 }
    var isListMethod: Bool { bits & 2 != 0 }
    var isDictMethod: Bool { bits & 4 != 0 }
    /// Whether no built-in value but a dict with such an entry has this member.
    var isPlain: Bool { bits == 0 }
}

/// The members of `loop` that are plain values.
enum LoopMember: UInt8 {
    case index, index0, first, last, length, revindex, revindex0, depth, depth0

    static let names = ["index", "index0", "first", "last", "length", "revindex", "revindex0", "depth", "depth0"]

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
