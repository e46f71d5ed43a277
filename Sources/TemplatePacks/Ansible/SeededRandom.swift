import CanonicalData
import JinjaTemplates

/// Python's `random.Random` with a seed: the Mersenne Twister MT19937, seeded as CPython seeds it.
struct SeededRandom {
    private var words = [UInt32](repeating: 0, count: 624)
    private var index = 624

    /// A text seed counts with its SHA-512, an integer with its magnitude.
    init(text: String) {
        let bytes = Array(text.utf8)
        let digest = NamedDigest.hex("sha512", bytes) ?? ""
        var all = bytes
        var hex = Substring(digest)
        while !hex.isEmpty {
            all.append(UInt8(hex.prefix(2), radix: 16) ?? 0)
            hex = hex.dropFirst(2)
        }
        // The bytes are one big-endian number, whose 32-bit words go in from the least significant.
        var key: [UInt32] = []
        var end = all.count
        while end > 0 {
            let start = max(0, end - 4)
            key.append(all[start..<end].reduce(0) { $0 << 8 | UInt32($1) })
            end = start
        }
        while key.count > 1, key.last == 0 { key.removeLast() }
        self.init(key: key)
    }

    init(integer: Int) {
        let magnitude = integer.magnitude
        let low = UInt32(truncatingIfNeeded: magnitude)
        let high = UInt32(truncatingIfNeeded: magnitude >> 32)
        self.init(key: high == 0 ? [low] : [low, high])
    }

    private init(key: [UInt32]) {
        words[0] = 19_650_218
        for i in 1..<624 { words[i] = 1_812_433_253 &* (words[i - 1] ^ words[i - 1] >> 30) &+ UInt32(i) }
        var (i, j) = (1, 0)
        for _ in 0..<max(624, key.count) {
            words[i] = (words[i] ^ (words[i - 1] ^ words[i - 1] >> 30) &* 1_664_525) &+ key[j] &+ UInt32(j)
            (i, j) = (i + 1, j + 1)
            if i >= 624 { (words[0], i) = (words[623], 1) }
            if j >= key.count { j = 0 }
        }
        for _ in 0..<623 {
            words[i] = (words[i] ^ (words[i - 1] ^ words[i - 1] >> 30) &* 1_566_083_941) &- UInt32(i)
            i += 1
            if i >= 624 { (words[0], i) = (words[623], 1) }
        }
        words[0] = 0x8000_0000
    }

    private mutating func next() -> UInt32 {
        if index >= 624 {
            for i in 0..<624 {
                let mixed = words[i] & 0x8000_0000 | words[(i + 1) % 624] & 0x7FFF_FFFF
                words[i] = words[(i + 397) % 624] ^ mixed >> 1 ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
            }
            index = 0
        }
        var value = words[index]
        index += 1
        value ^= value >> 11
        value ^= value << 7 & 0x9D2C_5680
        value ^= value << 15 & 0xEFC6_0000
        return value ^ value >> 18
    }

    /// A number from 0 below `limit`, which is above 0.
    mutating func below(_ limit: Int) -> Int {
        let bits = Int.bitWidth - limit.leadingZeroBitCount
        while true {
            let value: UInt64
            if bits <= 32 {
                value = UInt64(next() >> UInt32(32 - bits))
            } else {
                let low = UInt64(next())
                value = low | UInt64(next() >> UInt32(64 - bits)) << 32
            }
            if value < UInt64(limit) { return Int(value) }
        }
    }
}

/// Ansible's `random` and `shuffle`.
enum ChanceFilters {
    /// A generator from a seed. Without one there is none: the same change must render the same text every time.
    private static func generator(_ seed: TemplateValue?, _ name: String, _ state: RenderState) throws(EvaluationError)
        -> SeededRandom
    {
        switch seed {
        case .int(let number)?: return SeededRandom(integer: number)
        case .bool(let flag)?: return SeededRandom(integer: flag ? 1 : 0)
        case .text(let text)?: return SeededRandom(text: text.string)
        case nil, TemplateValue.none?:
            throw AddressQuery.failure(
                "\(name): the same change must render the same text whenever it is rendered; give a seed, such as \(name)(seed=inventory_hostname)"
            )
        default:
            throw EvaluationError(
                .typeError, "The only supported seed types are: None, int, float, str, bytes, and bytearray.")
        }
    }

    private static func integer(_ value: TemplateValue?, _ fallback: Int) throws(EvaluationError) -> Int {
        switch value {
        case nil, TemplateValue.none?: return fallback
        case .int(let number)?: return number
        case .bool(let flag)?: return flag ? 1 : 0
        case let other?:
            throw EvaluationError(.typeError, "'\(other.typeName)' object cannot be interpreted as an integer")
        }
    }

    static let filters: [String: TemplateFunction] = [
        "random": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("rand", ["end", "start", "step", "seed"], required: 1)
            if case .undefined(let info) = arguments[0] { throw state.undefinedError(info) }
            var random = try generator(bound[3], "random", state)
            if case .int(let end) = arguments[0] {
                let start = try integer(bound[1], 0)
                var step = try integer(bound[2], 1)
                if step == 0 { step = 1 }
                let range = RangeValue(start: start, stop: end, step: step)
                guard range.count > 0 else { throw EvaluationError(.valueError, "empty range for randrange()") }
                return .int(range.value(at: random.below(range.count)))
            }
            guard try integer(bound[1], 0) == 0, try integer(bound[2], 0) == 0 else {
                throw AddressQuery.failure("start and step can only be used with integer values")
            }
            guard try state.iteratorIfIterable(arguments[0]) != nil else {
                throw AddressQuery.failure("random can only be used on sequences and integers")
            }
            let items = try state.items(arguments[0])
            guard !items.isEmpty else { throw EvaluationError(.indexError, "Cannot choose from an empty sequence") }
            return items[random.below(items.count)]
        },
        "shuffle": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("randomize_list", ["mylist", "seed"], required: 1)
            var random = try generator(bound[1], "shuffle", state)
            guard try state.iteratorIfIterable(arguments[0]) != nil else { return arguments[0] }
            var items = Array(try state.items(arguments[0]))
            for place in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(place, random.below(place + 1)) }
            return .list(items)
        },
    ]
}
