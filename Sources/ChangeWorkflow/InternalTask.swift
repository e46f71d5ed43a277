internal import DeviceConfiguration

/// What the program starts itself for, in a process of its own; no user types it.
package enum InternalTask {
    /// Carries out such a task and ends the process, or returns when the arguments name none.
    package static func runIfAsked(_ arguments: [String]) { YANGModuleTrial.runIfAsked(arguments) }

    /// Starts this program for such tasks instead of the running one; for tests, whose own main knows no task.
    package static func use(_ program: String) { YANGModuleTrial.use(program) }
}
