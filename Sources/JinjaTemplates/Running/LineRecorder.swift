/// Notes during a render which template place wrote which bytes, so that each output line can be explained.
///
/// A note is a few numbers: names and texts are made at the end, for the lines that there are then.
final class LineRecorder {
    private struct Note {
        var start: Int
        var place: Place
        /// The call or include around it, in `calls`; −1 outside of all.
        var call: Int32
        var firstVariable: Int32
        var variableCount: Int32 = 0
        /// Text of the template itself: each line break in it is one of the template's.
        var isSourceText: Bool
    }
    /// A template of `templates` and a byte offset in its source.
    private struct Place {
        var template: Int32
        var offset: Int32
    }
    /// A path that was printed, and its value: a text, number, boolean or none.
    private struct Printed {
        var code: FunctionCode
        var path: Int32
        /// The name of the variable itself, in the template's table of names.
        var base: Int32
        var template: Int32
        var value: TemplateValue
    }
    private var notes: [Note] = []
    private var printed: [Printed] = []
    private var templates: [CompiledTemplate] = []
    private var lastTemplate = 0
    private var calls: [(place: Place, parent: Int32)] = []
    private var currentCall: Int32 = -1
    /// What was known about captured texts; they are kept alive so that their identity stays theirs.
    private var captured: [ObjectIdentifier: (text: TextValue, notes: [Note])] = [:]
    private var pathNames: [ObjectIdentifier: [String?]] = [:]

    private func number(of template: CompiledTemplate) -> Int32 {
        if lastTemplate < templates.count, templates[lastTemplate] === template { return Int32(lastTemplate) }
        if let known = templates.firstIndex(where: { $0 === template }) {
            lastTemplate = known
        } else {
            templates.append(template)
            lastTemplate = templates.count - 1
        }
        return Int32(lastTemplate)
    }

    /// A call or include begins: what is noted until `leave` comes from inside of it.
    func enter(_ template: CompiledTemplate, _ offset: Int32) {
        calls.append((Place(template: number(of: template), offset: offset), currentCall))
        currentCall = Int32(calls.count - 1)
    }

    func leave() { if currentCall >= 0 { currentCall = calls[Int(currentCall)].parent } }

    /// What follows in the output at `start` comes from this place.
    func note(at start: Int, _ template: CompiledTemplate, _ offset: Int32, isSourceText: Bool) {
        notes.append(
            Note(
                start: start, place: Place(template: number(of: template), offset: offset), call: currentCall,
                firstVariable: Int32(printed.count), isSourceText: isSourceText))
    }

    /// The last note's place reads a path of this value.
    func add(_ path: Int, of code: FunctionCode, base: Int32, in template: CompiledTemplate, value: TemplateValue) {
        guard !notes.isEmpty else { return }
        printed.append(Printed(code: code, path: Int32(path), base: base, template: number(of: template), value: value))
        notes[notes.count - 1].variableCount += 1
    }

    /// A captured text is about to be written at `start`: what is known of its inside applies there.
    func splice(_ text: TextValue, at start: Int) {
        guard let known = captured[ObjectIdentifier(text)] else { return }
        for note in known.notes {
            var moved = note
            moved.start += start
            notes.append(moved)
        }
    }

    /// The bytes from `start` became a text of their own.
    func capture(_ text: TextValue, from start: Int) {
        var first = notes.count
        while first > 0, notes[first - 1].start >= start { first -= 1 }
        var inside = Array(notes[first...])
        notes.removeSubrange(first...)
        for index in inside.indices { inside[index].start -= start }
        captured[ObjectIdentifier(text)] = (text, inside)
    }

    /// Adds the calls and includes that are in progress to an error that did not pass through them.
    func appendCalls(to error: EvaluationError) {
        var call = currentCall
        while call >= 0, error.trail.count < 20 {
            let (place, parent) = calls[Int(call)]
            error.trail.append(
                EvaluationError.Place(template: templates[Int(place.template)], offset: Int(place.offset)))
            call = parent
        }
    }

    // MARK: The result

    /// One origin per line of the output.
    func lines(of output: [UInt8], _ state: RenderState) -> [LineOrigin] {
        var result: [LineOrigin] = []
        var (start, index) = (0, 0)
        // The newest note, and the output line on which it began.
        var current: (note: Note, line: Int)?
        while start < output.count {
            let line = result.count
            let end = lineEnd(output, from: start)
            var variables: [LineOrigin.Variable] = []
            // The note under the line's first byte wrote it, unless a later one on the line read variables.
            while index < notes.count, notes[index].start <= start {
                // A note before this line's first byte that is met only now began with the last line's break.
                current = (notes[index], notes[index].start < start ? line - 1 : line)
                if notes[index].start == start { append(notes[index], to: &variables, state) } else { variables = [] }
                index += 1
            }
            var best = current
            while index < notes.count, notes[index].start < end {
                append(notes[index], to: &variables, state)
                current = (notes[index], line)
                if best == nil || (best?.note.variableCount == 0 && notes[index].variableCount > 0) { best = current }
                index += 1
            }
            result.append(
                LineOrigin(places: best.map { places($0.note, later: line - $0.line) } ?? [], variables: variables))
            start = end + 1
        }
        return result
    }

    private func lineEnd(_ output: [UInt8], from start: Int) -> Int {
        output.withUnsafeBufferPointer { bytes in
            var end = start
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            return end
        }
    }

    /// The note's own place, `later` lines further on where it is source text, then the calls around it.
    private func places(_ note: Note, later: Int) -> [LineOrigin.Place] {
        var result = [shown(note.place)]
        if note.isSourceText { result[0].line += later }
        var call = note.call
        while call >= 0 {
            result.append(shown(calls[Int(call)].place))
            call = calls[Int(call)].parent
        }
        return result
    }

    private func shown(_ place: Place) -> LineOrigin.Place {
        let template = templates[Int(place.template)]
        return LineOrigin.Place(template: template.name ?? "<template>", line: template.line(of: place.offset))
    }

    private func append(_ note: Note, to variables: inout [LineOrigin.Variable], _ state: RenderState) {
        for at in Int(note.firstVariable)..<Int(note.firstVariable + note.variableCount) {
            guard let text = try? state.text(printed[at].value) else { continue }
            let value = text.byteCount <= 120 ? text.string : String(text.string.unicodeScalars.prefix(120))
            variables.append(LineOrigin.Variable(name: name(printed[at]), value: value))
        }
    }

    private func name(_ one: Printed) -> String {
        let (key, path) = (ObjectIdentifier(one.code), Int(one.path))
        if let known = pathNames[key]?[path] { return known }
        let names = templates[Int(one.template)].names
        var text = names[Int(one.base)].text.string
        let printed = one.code.paths[path]
        for member in one.code.pathMembers[Int(printed.firstMember)..<Int(printed.firstMember + printed.memberCount)] {
            text += "." + names[Int(member)].text.string
        }
        pathNames[key, default: [String?](repeating: nil, count: one.code.paths.count)][path] = text
        return text
    }
}
