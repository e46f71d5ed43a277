internal import DeviceConfiguration
package import Diagnostics

/// The secrets of one device's change, by the reference that names them: puts values into what is sent, and
/// placeholders back into what was read.
package struct SecretTable: SecretValues {
    private let device: String
    private let values: [String: Secret]

    /// - Parameter values: By credential reference, as it stands in the placeholder.
    package init(device: String, values: [String: Secret]) { (self.device, self.values) = (device, values) }

    package func reveal(_ text: String) throws(DriverError) -> Secret {
        let revealed = try SecretPlaceholder.forEach(in: text) { placeholder throws(DriverError) -> String? in
            guard let secret = values[placeholder.reference] else {
                throw DriverError(
                    .secret, what: "the value of \(placeholder.reference) was not fetched", device: device,
                    remedy: "report this as a bug: every reference of a plan is resolved before a device is contacted")
            }
            return try secret.withRevealed { value throws(DriverError) -> String in
                do throws(SecretValueProblem) {
                    try SecretValueProblem.check(value)
                } catch {
                    throw DriverError(
                        .secret, what: "the value of \(placeholder.reference) cannot be used: \(error)", device: device,
                        remedy: "a secret in a configuration is one word: store another value")
                }
                return value
            }
        }
        return Secret(revealed)
    }

    /// A value that stands as a word, or as the whole text of an element, becomes its placeholder again, so that equal
    /// secrets compare equal; one inside other text is masked.
    package func mask(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        let known = values.map { (reference: $0.key, value: $0.value.withRevealed { Array($0.utf8) }) }
            .filter { !$0.value.isEmpty }
            .sorted { ($1.value.count, $0.reference) < ($0.value.count, $1.reference) }
        for secret in known {
            guard let placeholder = SecretPlaceholder(reference: secret.reference) else { continue }
            result = Self.replacing(secret.value, in: result, word: Array(placeholder.description.utf8))
        }
        return result
    }

    private static func replacing(_ value: [UInt8], in text: [UInt8], word: [UInt8]) -> [UInt8] {
        guard let first = value.first, text.count >= value.count else { return text }
        var (result, index) = ([UInt8](), 0)
        result.reserveCapacity(text.count)
        while index < text.count {
            guard text[index] == first, index + value.count <= text.count,
                text[index..<index + value.count].elementsEqual(value)
            else {
                result.append(text[index])
                index += 1
                continue
            }
            let end = index + value.count
            let isWord =
                (index == 0 || isBoundary(text[index - 1])) && (end == text.count || isBoundary(text[end]))
            result += isWord ? word : Array(Secret.mask.utf8)
            index = end
        }
        return result
    }

    private static func isBoundary(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: "'") || byte == UInt8(ascii: ";")
    }
}
