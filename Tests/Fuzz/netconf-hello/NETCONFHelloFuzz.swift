import FuzzChecks
import NETCONFProtocol

/// A hello that is taken can be said again, and says the same.
@main struct NETCONFHelloFuzz {
    static func main() {
        let limits = NETCONFLimits(maximumCapabilities: 50)
        FuzzChecks.run { input in
            guard let hello = try? NETCONFHello(parsing: input, limits: limits) else { return }
            let texts = hello.capabilities.texts
            FuzzChecks.expect(!texts.isEmpty && texts.count <= 50, "\(texts.count) capabilities")
            _ = hello.capabilities.modules
            _ = hello.capabilities.withDefaults
            _ = hello.capabilities.urlSchemes
            let again = try? NETCONFHello(parsing: hello.serialized(), limits: limits)
            FuzzChecks.expect(again?.capabilities == hello.capabilities, "other capabilities: \(texts)")
            FuzzChecks.expect(again?.sessionID == hello.sessionID, "another session-id")
        }
    }
}
