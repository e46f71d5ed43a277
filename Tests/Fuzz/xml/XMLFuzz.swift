import FuzzChecks
import XMLDocuments

/// Whatever parses can be printed, and parses again to the same; what is read without libxml2 is read as it would read it;
/// nothing else but an error happens.
@main struct XMLFuzz {
    static func main() {
        FuzzChecks.run { input in
            let limits = XMLLimits(maximumDepth: 50, maximumNodes: 5_000)
            let known = try? XMLDocument(parsing: input[...], limits: limits, usesLibrary: true)
            guard let document = try? XMLDocument(parsing: input, limits: limits) else {
                return FuzzChecks.expect(known == nil, "refused, and libxml2 reads it")
            }
            FuzzChecks.expect(known == document, "read in another way than by libxml2")
            let element = document.root.element
            FuzzChecks.expect(reparsed(element.serialized()) == element, "printing a value changes it")
            FuzzChecks.expect(reparsed(document.root.serialized()) == element, "printing a document changes it")
            FuzzChecks.expect(XMLTreeDifference.between(element, element).isEmpty, "an element differs from itself")
            _ = element.canonicalText()
        }
    }
}

private func reparsed(_ bytes: [UInt8]) -> XMLElement? { try? XMLElement(parsing: bytes) }
