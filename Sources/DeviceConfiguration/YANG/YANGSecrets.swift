internal import Diagnostics
internal import Synchronization
internal import XMLDocuments
internal import YANGData

/// Leaves whose type refuses the placeholder that stands for a secret: a pattern or a length that only the value meets.
///
/// Until the value is known such a leaf takes any text: the context used is one in which its type is a string. The type is
/// asked again with the value, before anything is sent.
enum YANGSecrets {
    /// One leaf with a placeholder in it.
    struct Leaf {
        var path: [XMLName]
        var text: String
    }

    static func leaves(in elements: [XMLElement]) -> [Leaf] {
        var found: [Leaf] = []
        func walk(_ element: XMLElement, _ outer: [XMLName]) {
            let path = outer + [element.name]
            if element.hasElements {
                for child in element.elements { walk(child, path) }
            } else {
                let text = element.trimmedText
                if text.contains("@secret("), !SecretPlaceholder.all(in: text).isEmpty {
                    found.append(Leaf(path: path, text: text))
                }
            }
        }
        for element in elements { walk(element, []) }
        return found
    }

    /// The leaves among these whose type refuses the placeholder.
    static func unchecked(_ leaves: [Leaf], in context: YANGContext) -> Set<SchemaPath> {
        Set(leaves.compactMap { context.leaf($0.path, refusing: $0.text) })
    }

    private struct Key: Hashable {
        var context: ObjectIdentifier
        var leaves: Set<SchemaPath>
    }
    private struct Made {
        /// Kept, so that no other context gets its address.
        var original: YANGContext
        var result: Result<YANGContext, YANGFailure>
    }
    private static let contexts = Mutex<[Key: Made]>([:])
    /// libyang 2 can hold about a thousand contexts in a process, and waits for ever for one more.
    static let maximumContexts = 64

    /// The context for content in which these leaves hold placeholders.
    static func context(_ context: YANGContext, unchecked leaves: Set<SchemaPath>) throws(Findings) -> YANGContext {
        if leaves.isEmpty { return context }
        let key = Key(context: ObjectIdentifier(context), leaves: leaves)
        let known = contexts.withLock { ($0[key]?.result, $0.count) }
        if let found = known.0 { return try usable(found) }
        guard known.1 < maximumContexts else {
            throw Findings([
                Finding(
                    code: "yang.too-many-secrets",
                    what: "more than \(maximumContexts) sets of leaves hold secrets whose types refuse a placeholder",
                    remedy: "plan fewer devices at once")
            ])
        }
        let made: Result<YANGContext, YANGFailure>
        do { made = .success(try context.withUncheckedValues(of: leaves)) } catch let failure as YANGFailure {
            made = .failure(failure)
        } catch {
            made = .failure(YANGFailure(what: "\(error)", code: 0, issues: []))
        }
        return try usable(
            contexts.withLock { contexts in
                let kept = contexts[key] ?? Made(original: context, result: made)
                contexts[key] = kept
                return kept.result
            })
    }

    private static func usable(_ made: Result<YANGContext, YANGFailure>) throws(Findings) -> YANGContext {
        do { return try made.get() } catch {
            throw Findings([
                Finding(
                    code: "yang.failed", what: "the modules cannot be compiled with secrets left unchecked: \(error)",
                    remedy: "report the modules; nothing was sent")
            ])
        }
    }

    /// What the approver has to know: these values are checked later.
    static func notes(_ leaves: [Leaf], in context: YANGContext, at place: ([XMLName]) -> SourcePosition?) -> Findings {
        Findings(
            leaves.compactMap { leaf in
                guard let path = context.leaf(leaf.path, refusing: leaf.text) else { return nil }
                return Finding(
                    .note, code: "yang.secret-unchecked",
                    what: "the type of \(path) is not checked: its value is \(leaf.text)", at: place(leaf.path),
                    remedy: "it is checked with the secret's value before anything is sent")
            })
    }

    /// What is wrong with the values themselves, never shown.
    static func problems(_ placeholders: [XMLElement], revealed: [XMLElement], in context: YANGContext, step: Int)
        -> Findings
    {
        var findings = Findings()
        func walk(_ element: XMLElement, _ value: XMLElement, _ outer: [XMLName]) {
            let path = outer + [element.name]
            if element.hasElements {
                for (inner, shown) in zip(element.elements, value.elements) { walk(inner, shown, path) }
                return
            }
            let text = element.trimmedText
            guard let secret = SecretPlaceholder.all(in: text).first,
                let refused = context.leaf(path, refusing: value.trimmedText)
            else { return }
            findings.add(
                Finding(
                    code: "yang.secret-value",
                    what: "step \(step): the value of \(secret) is none of the type of \(refused)",
                    remedy: "correct the secret; nothing was sent"))
        }
        for (element, value) in zip(placeholders, revealed) { walk(element, value, []) }
        return findings
    }
}
