/// One step of the machine. `a` and `b` mean what the operation says.
struct Instruction {
    enum Operation: UInt8 {
        case nop, constant, load, loadOuter, store, clear, unresolve, alias, export, pop
        case attribute, item, slice, call, callMethod, filter, test
        case arithmetic, compare, compareChain, not, negate, plus
        case jump, jumpIfFalse, jumpIfTrue, jumpIfFalseKeep, jumpIfTrueKeep
        case list, tuple, dict, concat, conditionalUndefined
        case raw, emit, beginCapture, endCapture, abortCapture
        case pushLoop, nextItem, collectItem, popLoop, loopRecursive, unpack, rotate
        case makeMacro, parameterDefault, importModule, importName, include, extends, block
        case skipIfExtended, returnIfParent, pushSelf, pushSuper, namespaceCheck, namespaceStore
        case pushAutoescape, popAutoescape, translate, debugDump, setText
    }
    var operation: Operation
    var b: UInt16
    var a: Int32
}

/// How a call passes its arguments.
struct CallSite: Sendable {
    var positional = 0
    var names: [String] = []
    var hasDynamicPositional = false
    var hasDynamicKeywords = false
    var isDynamic: Bool { hasDynamicPositional || hasDynamicKeywords }
    var valueCount: Int { positional + names.count + (hasDynamicPositional ? 1 : 0) + (hasDynamicKeywords ? 1 : 0) }
}

/// A variable path printed by an output statement, for annotation.
struct PrintedPath: Sendable {
    var hops: Int
    var slot: Int
    var members: [Int32]
    var text: String
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
    var paths: [Int: [PrintedPath]] = [:]
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
    let names: [TextValue]
    let nameHashes: [Int]
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
    public internal(set) var variables: [String] = []
    let mutates = SharedFlag()

    init(name: String?, core: EnvironmentCore, tree: SyntaxTree) {
        self.name = name
        self.core = core
        source = tree.source
        names = tree.names.texts
        nameHashes = tree.names.hashes
    }

    func setLiterals(_ bytes: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        _ = copy.initialize(from: bytes)
        literals = UnsafeBufferPointer(copy)
    }
    deinit { literals.deallocate() }
}
