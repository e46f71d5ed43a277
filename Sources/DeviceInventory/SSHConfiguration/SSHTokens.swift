internal import Diagnostics
internal import Glibc

/// What stands for `%…` in values of an SSH configuration (ssh_config(5), TOKENS).
struct SSHTokens {
    struct Problem: Error {
        var what: String
        var remedy: String
    }
    /// The home folder (%d).
    var home: String
    /// For `${NAME}`.
    var environment: [String: String]
    /// The user who runs this program (%u).
    var localUser: String
    /// The name that was asked for (%n).
    var originalHost: String
    /// Where the connection goes (%h); as asked for until that is known.
    var host: String
    var port: UInt16
    /// The user to log in as (%r).
    var user: String
    var hostKeyAlias: String?

    private static let maximumBytes = 4096

    /// Expands `%` tokens, of those that an option takes.
    func expand(_ text: String, _ allowed: String) throws(Problem) -> String {
        var result = ""
        var characters = text.makeIterator()
        while let character = characters.next() {
            guard character == "%" else {
                result.append(character)
                continue
            }
            guard let token = characters.next() else {
                throw Problem(what: "a % stands at the end", remedy: "write %% for a percent sign")
            }
            guard token == "%" || allowed.contains(token), let value = value(token) else {
                throw Problem(
                    what: "the token %\(safeForDisplay(String(token), keepingLines: false)) is not supported here",
                    remedy: "supported: %% \(allowed.map { "%\($0)" }.joined(separator: " "))")
            }
            result += value
        }
        guard result.utf8.count <= Self.maximumBytes else {
            throw Problem(what: "the value is longer than \(Self.maximumBytes) bytes", remedy: "shorten it")
        }
        return result
    }

    private func value(_ token: Character) -> String? {
        switch token {
        case "%": "%"
        case "d": home
        case "h": host
        case "i": String(geteuid())
        case "k": hostKeyAlias ?? originalHost
        case "n": originalHost
        case "p": String(port)
        case "r": user
        case "u": localUser
        default: nil
        }
    }

    /// A file name: tokens, `${NAME}` and `~/`.
    func path(_ text: String) throws(Problem) -> String {
        var path = try expand(try expandingVariables(text), "dhiknpru")
        if path == "~" || path.hasPrefix("~/") {
            path = home + path.dropFirst()
        } else if path.hasPrefix("~") {
            throw Problem(what: "the home folders of others are not looked up", remedy: "write the path from / on")
        }
        return path
    }

    private func expandingVariables(_ text: String) throws(Problem) -> String {
        var (result, rest) = ("", Substring(text))
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                throw Problem(what: "${ is not closed", remedy: "write ${NAME}")
            }
            let name = String(rest[..<end])
            guard let value = environment[name] else {
                throw Problem(
                    what: "the environment variable \(safeForDisplay(name, keepingLines: false)) is not set",
                    remedy: "set it, or write the path out")
            }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// The name of the user who runs this program.
    static func localUserName() -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return String(geteuid()) }
        return String(cString: name)
    }
}
