/// Unguessable names (run ids, persist-ids, fencing tokens) from the system's cryptographic generator.
package enum RandomToken {
    /// `2 × bytes` lower-case hexadecimal digits; 16 bytes are enough never to meet twice.
    package static func hex(bytes: Int = 16) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<bytes).map { _ in
            let byte = UInt8.random(in: 0...255, using: &generator)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
