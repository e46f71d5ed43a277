import FuzzChecks
import XMLDocuments

/// Whatever parses can be printed, and parses again to the same; nothing else but an error happens.
@main struct XMLFuzz {
    static func main() {
        FuzzChecks.run { input in
            let limits = XMLLimits(maximumDepth: 50, maximumNodes: 5_000)
            guard let document = try? XMLDocument(parsing: input, limits: limits) else { return }
            let element = document.root.element
            FuzzChecks.expect(reparsed(element.serialized()) == element, "printing a value changes it")
            FuzzChecks.expect(reparsed(document.root.serialized()) == element, "printing a document changes it")
            FuzzChecks.expect(XMLTreeDifference.between(element, element).isEmpty, "an element differs from itself")
            _ = element.canonicalText()
        }
    }
}

private func reparsed(_ bytes: [UInt8]) -> XMLElement? { try? XMLElement(parsing: bytes) }
