/// One step of the machine. `a` and `b` mean what the operation says.
struct Instruction {
    enum Operation: UInt8 {
        case nop, constant, load, loadOuter, store, clear, unresolve, alias, export, pop
        case attribute, item, slice, call, callMethod, filter, test
        /// A slot's attribute (slot in `b`), the tests `defined` and `undefined` (`b` is 1), `default` with one argument.
        /// With `hops` 1 only whether the attribute is defined matters.
        case loadAttribute, isDefined, defaultTo
        /// One of `DirectFilter` with `b` arguments.
        case directFilter
        case arithmetic, compare, compareChain, not, negate, plus
        case jump, jumpIfFalse, jumpIfTrue, jumpIfFalseKeep, jumpIfTrueKeep
        case list, tuple, dict, concat, conditionalUndefined
        /// `emitFiltered` writes a filter block's text as it is.
        /// `emitSole` is `emit` where it is all that a template does, and notes whether it was a text.
        case raw, emit, emitFiltered, emitSole, beginCapture, endCapture, abortCapture
        case pushLoop, nextItem, collectItem, popLoop, loopRecursive, unpack, rotate
        case makeMacro, parameterDefault, importModule, importName, include, extends, block
        case skipIfExtended, returnIfParent, pushSelf, pushSuper, namespaceCheck, namespaceStore
        case pushAutoescape, popAutoescape, translate, debugDump, setText
    }
    var operation: Operation
    /// How many frames further out the slot lies.
    var hops: UInt8 = 0
    var a: Int32
    var b: Int32
}

/// How a call passes its arguments.
struct CallSite: Sendable {
    var positional = 0
    var names: [String] = []
    var hasDynamicPositional = false
    var hasDynamicKeywords = false
    var isDynamic = false
    /// How many operands the call takes, without what is called or filtered.
    var valueCount = 0

    mutating func close() {
        isDynamic = hasDynamicPositional || hasDynamicKeywords
        valueCount = positional + names.count + (hasDynamicPositional ? 1 : 0) + (hasDynamicKeywords ? 1 : 0)
    }
}

/// A variable path printed by an output statement, for annotation.
struct PrintedPath: Sendable {
    /// The output instruction.
    var step: Int32
    var hops: UInt8
    var slot: Int32
    /// Where the names of the members begin in the function's `pathMembers`, and how many there are.
    var firstMember: Int32
    var memberCount: Int32
}

/// The instructions of one function while the compiler adds to them.
struct CodeBuffer {
    struct Step {
        var instruction: Instruction
        var offset: Int32
    }
    var steps: ContiguousArray<Step> = []
    var maximumStack = 0
    var paths: [PrintedPath] = []
    var pathMembers: [Int32] = []

    /// Adds a step that needs `stack` operands at most, and gives its number.
    mutating func add(_ instruction: Instruction, at offset: Int32, stack: Int) -> Int {
        steps.append(Step(instruction: instruction, offset: offset))
        if stack > maximumStack { maximumStack = stack }
        return steps.count - 1
    }
}

/// One function of a template: its root, a block, a macro, a call block or a recursive loop's body.
final class FunctionCode: @unchecked Sendable {
    // SAFETY: filled by the compiler, never changed after the template is handed out.
    var instructions: ContiguousArray<Instruction> = []
    /// Source offset of each instruction.
    var offsets: ContiguousArray<Int32> = []
    /// The name each slot stands for, as a number of the name table.
    var slotNames: [Int32] = []
    var maximumStack = 0
    var name: String?
    var parameterNames: [String] = []
    var parameterSlots: [Int] = []
    var callerSlot: Int?
    var keywordsSlot: Int?
    var positionalSlot: Int?
    var takesExplicitCaller = false
    /// Ordered by their step.
    var paths: [PrintedPath] = []
    var pathMembers: [Int32] = []
    /// `instructions` as the machine reads them, once the compiler is done.
    private(set) var steps = UnsafeBufferPointer<Instruction>(start: nil, count: 0)
    /// Whether every argument is a plain parameter.
    var hasPlainParameters: Bool { callerSlot == nil && keywordsSlot == nil && positionalSlot == nil }

    func take(_ buffer: CodeBuffer) {
        instructions = ContiguousArray(buffer.steps.lazy.map(\.instruction))
        offsets = ContiguousArray(buffer.steps.lazy.map(\.offset))
        maximumStack = buffer.maximumStack
        (paths, pathMembers) = (buffer.paths, buffer.pathMembers)
    }

    /// The paths that an output instruction reads.
    func paths(of step: Int) -> ArraySlice<PrintedPath> {
        var (low, high) = (0, paths.count)
        while low < high {
            let middle = (low + high) / 2
            if paths[middle].step < step { low = middle + 1 } else { high = middle }
        }
        return paths[low...].prefix { $0.step == step }
    }

    func seal() {
        let copy = UnsafeMutableBufferPointer<Instruction>.allocate(capacity: instructions.count)
        _ = copy.initialize(from: instructions)
        steps = UnsafeBufferPointer(copy)
    }
    deinit { steps.deallocate() }

    /// Whether the slot belongs to a variable that nothing here assigns: its value comes from the context.
    func unassignedSlots() -> [Int32] {
        var isAssigned = [Bool](repeating: false, count: slotNames.count)
        for slot in parameterSlots + [callerSlot, keywordsSlot, positionalSlot].compactMap(\.self) {
            isAssigned[slot] = true
        }
        for instruction in instructions {
            switch instruction.operation {
            case .store, .clear, .alias: isAssigned[Int(instruction.a)] = true
            case .pushLoop where instruction.a >= 0: isAssigned[Int(instruction.a)] = true
            default: break
            }
        }
        return slotNames.indices.filter { !isAssigned[$0] }.map { slotNames[$0] }
    }
}

/// A template ready to render: immutable, shared between threads.
public final class CompiledTemplate: @unchecked Sendable {
    // SAFETY: filled by the compiler, never changed after it is handed out; `mutates` guards itself.

    /// The name it was compiled under.
    public let name: String?
    let core: EnvironmentCore
    /// The source as positions count it: with `\n` line ends.
    let source: [UInt8]
    /// Literal texts, one after the other, with the environment's line ends.
    private(set) var literals = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Its names by their numbers.
    let names: ContiguousArray<NameTable.Entry>
    /// Byte offsets at which lines begin.
    let lineStarts: [Int32]
    var constants: ContiguousArray<TemplateValue> = []
    var functions: [FunctionCode] = []
    var calls: [CallSite] = []
    var callables: [TemplateFunction] = []
    var messages: [(singular: TextValue, plural: TextValue?, names: [Int32], hasCount: Bool)] = []
    /// Start and length in `literals` of each literal text.
    var literalRanges: [(start: Int, count: Int)] = []
    /// The local names an include or import hands on.
    var snapshots: [[(name: Int32, hops: Int, slot: Int)]] = []
    var blocks: [(name: String, function: Int, isRequired: Bool)] = []
    /// Names the template reads from its context, in the order they appear.
    public var variables: [String] {
        var seen: Set<Int32> = []
        for function in functions { seen.formUnion(function.unassignedSlots()) }
        return seen.sorted().map { text(of: $0) }
            .filter { name in if case .dict(let globals) = core.globals { globals.get(name) == nil } else { true } }
            .map(\.string)
    }
    let mutates = SharedFlag()
    /// Line ends at the end of the source as it was given.
    var finalNewlines = 0
    /// How the templates it loads are read, when that is not for the environment to say: as itself, as in Ansible, where the
    /// header of the main template holds for all and one further in is text.
    let syntaxOfLoaded: TemplateSyntax?

    /// The name of that number.
    func text(of name: Int32) -> TextValue { names[Int(name)].text }

    init(name: String?, core: EnvironmentCore, tree: SyntaxTree, syntaxOfLoaded: TemplateSyntax?) {
        self.name = name
        self.syntaxOfLoaded = syntaxOfLoaded
        self.core = core
        source = tree.source
        names = tree.names.entries
        constants = tree.arena.constants
        lineStarts = Self.lineStarts(of: tree.source)
    }

    /// A name as the machine reads it; `names` keeps the text alive.
    struct Name {
        unowned(unsafe) let text: TextValue
        let bytes: UnsafeBufferPointer<UInt8>
        let hash: Int
        let traits: NameTraits
    }
    /// The tables of names, constants and literals as the machine reads them, once the compiler is done.
    private(set) var nameTable = UnsafeBufferPointer<Name>(start: nil, count: 0)
    private(set) var constantTable = UnsafeBufferPointer<TemplateValue>(start: nil, count: 0)
    private(set) var literalTable = UnsafeBufferPointer<UnsafeBufferPointer<UInt8>>(start: nil, count: 0)

    func seal() {
        func copy<T>(_ items: some Collection<T>) -> UnsafeBufferPointer<T> {
            let copy = UnsafeMutableBufferPointer<T>.allocate(capacity: items.count)
            _ = copy.initialize(from: items)
            return UnsafeBufferPointer(copy)
        }
        nameTable = copy(
            names.map {
                Name(text: $0.text, bytes: $0.text.withBytes { $0 }, hash: $0.hash, traits: $0.traits)
            })
        constantTable = copy(constants)
        literalTable = copy(
            literalRanges.map { UnsafeBufferPointer(rebasing: literals[$0.start..<$0.start + $0.count]) })
        for function in functions { function.seal() }
    }

    func setLiterals(_ bytes: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        _ = copy.initialize(from: bytes)
        literals = UnsafeBufferPointer(copy)
    }
    deinit {
        literals.deallocate()
        literalTable.deallocate()
        nameTable.deallocate()
        let constants = UnsafeMutableBufferPointer(mutating: constantTable)
        constants.deinitialize()
        constants.deallocate()
    }

    private static func lineStarts(of source: [UInt8]) -> [Int32] {
        var starts: [Int32] = [0]
        source.withUnsafeBufferPointer { bytes in
            for index in bytes.indices where bytes[index] == 0x0A { starts.append(Int32(index + 1)) }
        }
        return starts
    }

    /// The line, from 1, that a byte offset of the source lies on.
    func line(of offset: Int32) -> Int {
        var (low, high) = (0, lineStarts.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }
}
