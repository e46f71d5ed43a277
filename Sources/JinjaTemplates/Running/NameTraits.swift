/// What a member name means for the built-in types, worked out once per template.
struct NameTraits {
    private var bits: UInt8 = 0
    /// The member of `loop` it names.
    let loopMember: LoopMember?

    private init(bits: UInt8, loopMember: LoopMember?) { (self.bits, self.loopMember) = (bits, loopMember) }

    init(_ name: TextValue, hash: Int? = nil) {
        if name.byteCount > 0, name.withBytes({ $0[0] == 0x5F }) {
            bits = Self.find(name, name.contentHash)?.bits ?? 0
            bits |= Self.special
            loopMember = nil
        } else if let known = Self.find(name, hash ?? name.contentHash) {
            self = known
        } else {
            loopMember = nil
        }
    }

    private static let special: UInt8 = 8

    // SAFETY: never changed after it is made.
    /// All names that mean something, in the slots that their hashes choose.
    nonisolated(unsafe) private static let known: ContiguousArray<(name: TextValue, traits: NameTraits)?> = {
        let groups: [(Set<String>, UInt8)] = [
            (TextMethods.names, 1), (ListMethods.names, 2), (DictMethods.names, 4), (NumberMethods.names, special),
        ]
        var bits: [String: UInt8] = [:]
        for (names, bit) in groups { for name in names { bits[name, default: 0] |= bit } }
        for member in LoopMember.names { bits[member, default: 0] |= 0 }
        var table = ContiguousArray<(name: TextValue, traits: NameTraits)?>(repeating: nil, count: 1024)
        for (name, bits) in bits {
            let text = TextValue.make(name)
            var slot = text.contentHash & (table.count - 1)
            while table[slot] != nil { slot = (slot + 1) & (table.count - 1) }
            table[slot] = (text, NameTraits(bits: bits, loopMember: LoopMember(name)))
        }
        return table
    }()

    private static func find(_ name: TextValue, _ hash: Int) -> NameTraits? {
        var slot = hash & (known.count - 1)
        while let entry = known[slot] {
            if entry.name.equals(name) { return entry.traits }
            slot = (slot + 1) & (known.count - 1)
        }
        return nil
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
