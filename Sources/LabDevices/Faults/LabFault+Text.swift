/// Why a fault's text was not understood.
package struct LabFaultError: Error, Equatable, Sendable, CustomStringConvertible {
    package var what: String
    package var remedy: String
    package var description: String { "\(what) [lab.fault]\n  → \(remedy)" }
}

extension LabFault {
    /// The names a fault is called by, with what each needs.
    package static let forms = [
        "refuse-line line=PATTERN [text=TEXT]", "hang line=PATTERN", "drop line=PATTERN [effect=before|after]",
        "drop bytes=N", "slow delay=2s", "log-line [text=TEXT]", "question line=PATTERN [text=TEXT] [answer=TEXT]",
        "lie line=PATTERN", "login-refused", "lock-held", "reboot line=PATTERN",
    ]

    /// Reads `refuse-line line="neighbor * password *" times=2`. Every form takes `times=N`, `times=always` and
    /// `chance=0.5`; without `times` the fault happens once, `slow`, `login-refused` and `lock-held` until cleared.
    package init(_ text: String) throws(LabFaultError) {
        var words = try Self.words(text)
        guard !words.isEmpty else {
            throw LabFaultError(what: "no fault named", remedy: "write one of: \(Self.forms.joined(separator: "; "))")
        }
        let name = words.removeFirst()
        var settings: [String: String] = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "=") else {
                throw LabFaultError(what: "'\(word)' is not KEY=VALUE", remedy: "write for example line=\"router bgp *\"")
            }
            settings[String(word[..<equals])] = String(word[word.index(after: equals)...])
        }
        let chance = try Self.number(settings.removeValue(forKey: "chance") ?? "1", "chance")
        let times = settings.removeValue(forKey: "times")
        let kind = try Self.kind(name, &settings)
        if let extra = settings.keys.sorted().first {
            throw LabFaultError(what: "'\(name)' has no setting '\(extra)'", remedy: "it is written: \(Self.form(name))")
        }
        let lasts = if case .slow = kind { true } else { kind == .loginRefused || kind == .lockHeld }
        self.init(kind, times: lasts ? nil : 1, chance: chance)
        if let times {
            guard times == "always" || Int(times).map({ $0 > 0 }) == true else {
                throw LabFaultError(what: "times=\(times) is not a count", remedy: "write times=3 or times=always")
            }
            self.times = Int(times)
        }
    }

    private static func form(_ name: String) -> String {
        forms.filter { $0 == name || $0.hasPrefix(name + " ") }.joined(separator: " or ")
    }

    private static func kind(_ name: String, _ settings: inout [String: String]) throws(LabFaultError) -> Kind {
        var taken = settings
        defer { settings = taken }
        func take(_ key: String) -> String? { taken.removeValue(forKey: key) }
        func need(_ key: String) throws(LabFaultError) -> String {
            guard let value = take(key), !value.isEmpty else {
                throw LabFaultError(what: "'\(name)' needs \(key)=…", remedy: "it is written: \(form(name))")
            }
            return value
        }
        switch name {
        case "refuse-line":
            return .refuseLine(LinePattern(try need("line")), text: take("text") ?? "% Refused by the lab's script")
        case "hang": return .hangAtLine(LinePattern(try need("line")))
        case "drop":
            if let bytes = take("bytes") { return .dropAfterBytes(Int(try number(bytes, "bytes"))) }
            return .dropAtLine(LinePattern(try need("line")), afterEffect: take("effect") == "after")
        case "slow": return .slow(try duration(try need("delay")))
        case "log-line":
            return .logLine(take("text") ?? "2026/11/24 00:00:00 BGP: [M59KS-A3ZXZ] bgp_update_receive: rcvd End-of-RIB")
        case "question":
            return .question(
                LinePattern(try need("line")), text: take("text") ?? "Proceed? [confirm]", answer: take("answer") ?? "")
        case "lie": return .lie(LinePattern(take("line") ?? "*"))
        case "login-refused": return .loginRefused
        case "lock-held": return .lockHeld
        case "reboot": return .rebootAtLine(LinePattern(try need("line")))
        default:
            throw LabFaultError(what: "no fault is called '\(name)'", remedy: "write one of: \(forms.joined(separator: "; "))")
        }
    }

    private static func number(_ text: String, _ key: String) throws(LabFaultError) -> Double {
        guard let number = Double(text), number >= 0, number.isFinite, number < 1e12 else {
            throw LabFaultError(what: "\(key)=\(text) is not a number", remedy: "write for example \(key)=1")
        }
        return number
    }

    /// Reads `500ms`, `2s`, `1m`.
    package static func duration(_ text: String) throws(LabFaultError) -> Duration {
        for (suffix, unit) in [("ms", Duration.milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60))]
        where text.hasSuffix(suffix) {
            if let count = Int(text.dropLast(suffix.count)), (0...1_000_000).contains(count) { return unit * count }
        }
        throw LabFaultError(what: "'\(text)' is not a duration", remedy: "write for example 500ms, 2s or 1m")
    }

    /// Splits at blanks; double quotes keep blanks together.
    private static func words(_ text: String) throws(LabFaultError) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var hasWord = false
        for character in text {
            switch character {
            case "\"":
                isQuoted.toggle()
                hasWord = true
            case " " where !isQuoted, "\t" where !isQuoted:
                if hasWord { words.append(word) }
                (word, hasWord) = ("", false)
            default:
                word.append(character)
                hasWord = true
            }
        }
        guard !isQuoted else {
            throw LabFaultError(what: "a quote is not closed", remedy: "write the second double quote")
        }
        return hasWord ? words + [word] : words
    }
}

extension LabFault: CustomStringConvertible {
    /// As it is written, in a form that reads back as the same fault.
    package var description: String {
        func quoted(_ text: String) -> String { "\"\(text)\"" }
        let form: String =
            switch kind {
            case .refuseLine(let pattern, let text): "refuse-line line=\(quoted(pattern.text)) text=\(quoted(text))"
            case .hangAtLine(let pattern): "hang line=\(quoted(pattern.text))"
            case .dropAtLine(let pattern, let afterEffect):
                "drop line=\(quoted(pattern.text)) effect=\(afterEffect ? "after" : "before")"
            case .dropAfterBytes(let count): "drop bytes=\(count)"
            case .slow(let delay): "slow delay=\(delay.wholeMilliseconds)ms"
            case .logLine(let text): "log-line text=\(quoted(text))"
            case .question(let pattern, let text, let answer):
                "question line=\(quoted(pattern.text)) text=\(quoted(text)) answer=\(quoted(answer))"
            case .lie(let pattern): "lie line=\(quoted(pattern.text))"
            case .loginRefused: "login-refused"
            case .lockHeld: "lock-held"
            case .rebootAtLine(let pattern): "reboot line=\(quoted(pattern.text))"
            }
        return form + " times=\(times.map(String.init) ?? "always")" + (chance < 1 ? " chance=\(chance)" : "")
    }
}
