internal import Diagnostics

/// The value of one option that takes a single word, read by its keyword.
struct SSHConfigurationValue {
    struct Problem: Error {
        var code: String
        var what: String
        var remedy: String
    }
    private let text: String
    private let position: SourcePosition

    static let maximumJumps = 8
    private static let maximumAlgorithms = 64

    init(line: SSHConfigurationLine, place: SSHConfigurationReading.Place) {
        text = line.arguments[0].text
        position = place.at(line.keyword)
    }

    /// Nil when the value means that nothing changes.
    func option(_ keyword: String) -> Result<SSHConfiguration.Option?, Problem> {
        do throws(Problem) { return .success(try read(keyword)) } catch { return .failure(error) }
    }

    private func read(_ keyword: String) throws(Problem) -> SSHConfiguration.Option? {
        switch keyword {
        case "hostname": return .hostName(given(try filled(text)))
        case "port":
            guard let port = UInt16(text), port > 0 else { throw wrong("a port from 1 to 65535", "Port 22") }
            return .port(given(port))
        case "user": return .user(given(try filled(text)))
        case "hostkeyalias": return .hostKeyAlias(given(try filled(text)))
        case "identityfile": return .identityFile(given(try filled(text)))
        case "identitiesonly": return .identitiesOnly(given(try flag()))
        case "proxyjump": return .proxyJump(given(try jumps()))
        case "kexalgorithms": return .algorithms(.keyExchange, given(try algorithms()))
        case "hostkeyalgorithms": return .algorithms(.hostKey, given(try algorithms()))
        case "ciphers": return .algorithms(.cipher, given(try algorithms()))
        case "macs": return .algorithms(.mac, given(try algorithms()))
        case "connecttimeout":
            return .connectTimeout(given(text.lowercased() == "none" ? nil : .seconds(try seconds())))
        case "serveraliveinterval": return .keepAlive(given(.seconds(try seconds())))
        case "serveralivecountmax":
            guard let count = Int(text), (1...1_000_000).contains(count) else {
                throw wrong("a number from 1 on", "ServerAliveCountMax 3")
            }
            return .keepAliveLimit(given(count))
        case "canonicalizehostname":
            guard text.lowercased() == "no" else {
                throw Problem(
                    code: "canonicalize", what: "CanonicalizeHostname is not supported",
                    remedy: "write whole names in the inventory, and `CanonicalizeHostname no`")
            }
            return nil
        default: return nil
        }
    }

    private func given<Value>(_ value: Value) -> SSHSettings.Given<Value> { .init(value: value, position: position) }

    private func wrong(_ expected: String, _ example: String) -> Problem {
        Problem(
            code: "value", what: "“\(safeForDisplay(text, keepingLines: false))” is not \(expected)",
            remedy: "write, for example: \(example)")
    }

    private func filled(_ text: String) throws(Problem) -> String {
        guard !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw Problem(
                code: "value", what: "the value is empty or holds control characters", remedy: "write a value")
        }
        return text
    }

    private func flag() throws(Problem) -> Bool {
        switch text.lowercased() {
        case "yes", "true": return true
        case "no", "false": return false
        default: throw wrong("yes or no", "IdentitiesOnly yes")
        }
    }

    /// Seconds, or OpenSSH's form of times such as `1m30s`.
    private func seconds() throws(Problem) -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        var (total, digits) = (0, "")
        func add(_ unit: Int) -> Bool {
            guard digits.count <= 9, let number = Int(digits) else { return false }
            total += number * unit
            digits = ""
            return true
        }
        var isRight = !text.isEmpty
        for character in text.lowercased() {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                isRight = isRight && units[character].map(add) ?? false
            }
        }
        if !digits.isEmpty { isRight = isRight && add(1) }
        guard isRight, total <= Int(Int32.max) else { throw wrong("a time", "10, 30s or 1m30s") }
        return total
    }

    private func algorithms() throws(Problem) -> SSHSettings.Algorithms {
        let change = text.first.flatMap { SSHSettings.Algorithms.Change(rawValue: String($0)) } ?? .replace
        let names = text.dropFirst(change == .replace ? 0 : 1).split(separator: ",", omittingEmptySubsequences: false)
            .map(String.init)
        let isName = { (name: String) in
            !name.isEmpty
                && name.utf8.allSatisfy {
                    (0x21...0x7E).contains($0)
                        && (change == .remove || ($0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?")))
                }
        }
        guard names.count <= Self.maximumAlgorithms, names.allSatisfy(isName) else {
            throw wrong("a list of algorithms", "aes256-gcm@openssh.com,aes256-ctr or +aes256-cbc")
        }
        return SSHSettings.Algorithms(change: change, names: names)
    }

    private func jumps() throws(Problem) -> [SSHSettings.Jump] {
        if text.lowercased() == "none" { return [] }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= Self.maximumJumps else {
            throw Problem(
                code: "too-many-jumps", what: "more than \(Self.maximumJumps) hosts to go through", remedy: "name fewer"
            )
        }
        var jumps: [SSHSettings.Jump] = []
        for part in parts {
            guard let jump = Self.jump(part) else { throw wrong("a list of [USER@]HOST[:PORT]", "ProxyJump bastion") }
            jumps.append(jump)
        }
        return jumps
    }

    private static func jump(_ part: Substring) -> SSHSettings.Jump? {
        var rest = part.hasPrefix("ssh://") ? part.dropFirst(6) : part
        if part.hasPrefix("ssh://"), rest.hasSuffix("/") { rest = rest.dropLast() }
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else if rest.count(where: { $0 == ":" }) > 1 {
            host = rest
            rest = ""
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
        }
        var port: UInt16?
        if rest.first == ":" {
            guard let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
            port = number
        } else if !rest.isEmpty {
            return nil
        }
        guard !host.isEmpty, user?.isEmpty != true else { return nil }
        return SSHSettings.Jump(user: user, host: String(host), port: port)
    }
}
