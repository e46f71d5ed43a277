/// A value without its place: what templates, paths and comparisons work on.
package enum PlainValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// Wide enough for every 64-bit counter, signed or not.
    case int(Int128)
    case double(Double)
    case string(String)
    case list([PlainValue])
    case map(PlainMap)
}

/// A map that keeps the order of its keys. Maps are equal when they hold the same, in whatever order.
package struct PlainMap: Sendable, Equatable {
    package private(set) var entries: [(key: String, value: PlainValue)] = []
    /// Places of the keys once there are many of them.
    private var index: [String: Int] = [:]
    private static let indexedFrom = 16

    package init() {}
    package init(_ entries: [(key: String, value: PlainValue)]) {
        for entry in entries { self[entry.key] = entry.value }
    }

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }
    package var keys: [String] { entries.map(\.key) }
    package var values: [PlainValue] { entries.map(\.value) }

    private func place(of key: String) -> Int? {
        // JSON and YAML keys are the same only when their scalars are, not when Unicode calls them equivalent.
        if entries.count >= Self.indexedFrom {
            guard let found = index[key], entries[found].key.unicodeScalars.elementsEqual(key.unicodeScalars) else {
                return entries.firstIndex { $0.key.unicodeScalars.elementsEqual(key.unicodeScalars) }
            }
            return found
        }
        return entries.firstIndex { $0.key.unicodeScalars.elementsEqual(key.unicodeScalars) }
    }

    /// The value of a key. Setting a new key puts it last; setting nil removes it.
    package subscript(key: String) -> PlainValue? {
        get { place(of: key).map { entries[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?): entries[place].value = value
            case (nil, let value?):
                entries.append((key, value))
                index[key] = entries.count - 1
            case (let place?, nil):
                entries.remove(at: place)
                index = Dictionary(entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
            case (nil, nil): break
            }
        }
    }

    package static func == (a: PlainMap, b: PlainMap) -> Bool {
        a.count == b.count && a.entries.allSatisfy { b[$0.key] == $0.value }
    }
}

extension PlainValue {
    /// What it is, for messages: `a text`, `a number` …
    package var kindForPeople: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .int, .double: "a number"
        case .string: "a text"
        case .list: "a list"
        case .map: "a mapping"
        }
    }

    /// Compact JSON with the keys in their order; for evidence and messages.
    package var json: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += Self.number(value)
        case .string(let value): Self.write(value, to: &text)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .map(let map):
            text += "{"
            for (index, entry) in map.entries.enumerated() {
                if index > 0 { text += "," }
                Self.write(entry.key, to: &text)
                text += ":"
                entry.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
