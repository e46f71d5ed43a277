import FuzzChecks
import XMLDocuments
import YANGData

/// Edits of any shape end with an edited tree or an error, and a diff made of two trees leads from one to the other.
@main struct YANGEditFuzz {
    static func main() {
        guard let context = try? LabRouterModule.context() else {
            return FuzzChecks.expect(false, "the lab router's module does not load")
        }
        let start = """
            <system xmlns="urn:asbuilt:lab-router"><hostname>r1</hostname></system>
            <interfaces xmlns="urn:asbuilt:lab-router"><interface><name>eth0</name><mtu>9000</mtu></interface></interfaces>
            """
        FuzzChecks.run { input in
            guard input.allSatisfy({ $0 != 0 }), let text = String(validating: input, as: UTF8.self),
                // The namespaces that every edit is read with.
                let elements = try? XMLElement.fragments(
                    parsing: text,
                    namespaces: [
                        "": "urn:asbuilt:lab-router", "nc": "urn:ietf:params:xml:ns:netconf:base:1.0",
                        "yang": "urn:ietf:params:xml:ns:yang:1",
                    ])
            else { return }
            let payload = elements.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
            do {
                let before = try DataTree(start, parsing: .unvalidated, in: context)
                var after = try before.copy()
                try after.applyEdit(try DataTree(payload, parsing: .edit, in: context))
                var back = try before.copy()
                try back.applyEdit(
                    try DataTree(try before.diff(to: after).mergeEdit(), parsing: .edit, in: context))
                let (wanted, got) = (try after.print(), try back.print())
                FuzzChecks.expect(wanted == got, "the edit made of a diff leads elsewhere:\n\(wanted)\n\(got)")
                try after.validate()
            } catch {
                // Refused, which is an answer.
            }
        }
    }
}
