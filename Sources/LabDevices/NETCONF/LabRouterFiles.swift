import NETCONFProtocol
import XMLDocuments

/// The files of a router's own flash, which `:url` with the scheme `file` names (RFC 6241 §8.8). They live in memory with
/// the router and survive its reboots; nothing of the machine that runs the lab can be named.
struct LabRouterFiles: Equatable, Sendable {
    private var texts: [String: String] = [:]

    static let maximumFiles = 16
    static let maximumBytes = 4 << 20

    /// `file:///NAME` as NAME.
    private static func name(_ url: String) throws(LabRouterRefusal) -> String {
        guard url.hasPrefix("file:") else {
            throw LabRouterRefusal(.invalidValue("this router knows no scheme but file:, as in file:///backup.xml"))
        }
        let name = url.dropFirst(5).drop { $0 == "/" }
        let isPlain = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "._-/".utf8.contains(byte)
        }
        guard !name.isEmpty, name.utf8.count <= 128, isPlain,
            !name.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0.isEmpty || $0 == ".." })
        else {
            throw LabRouterRefusal(.invalidValue("\"\(url)\" names no file of this router: file:///backup.xml does"))
        }
        return String(name)
    }

    private static func missing(_ url: String) -> LabRouterRefusal {
        LabRouterRefusal(.operationFailed("there is no file \(url) on this router"))
    }

    /// The configuration in a file.
    func configuration(_ url: String) throws(LabRouterRefusal) -> [XMLElement] {
        guard let text = texts[try Self.name(url)] else { throw Self.missing(url) }
        return try LabRouterSchema.elements(text)
    }

    mutating func write(_ content: [XMLElement], to url: String) throws(LabRouterRefusal) {
        let name = try Self.name(url)
        let text = content.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
        guard text.utf8.count <= Self.maximumBytes, texts[name] != nil || texts.count < Self.maximumFiles else {
            throw LabRouterRefusal(
                RPCError(
                    .protocol, .resourceDenied,
                    message: "the flash holds \(Self.maximumFiles) files of \(Self.maximumBytes >> 20) MB"))
        }
        texts[name] = text
    }

    mutating func delete(_ url: String) throws(LabRouterRefusal) {
        guard texts.removeValue(forKey: try Self.name(url)) != nil else { throw Self.missing(url) }
    }
}
