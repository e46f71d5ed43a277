package import ByteTransport
import DeviceConfiguration
import NETCONFProtocol

/// Drives any device with the NETCONF subsystem (RFC 6241, RFC 6242), by what it announces.
package struct NETCONFDriver: DeviceDriver {
    package let traits: DriverTraits
    /// How long a device may stay silent after the channel opened; one more attempt follows.
    package let helloTimeout: Duration

    private let quirks: NETCONFQuirks

    package init(_ quirks: NETCONFQuirks, helloTimeout: Duration = .seconds(10)) {
        self.quirks = quirks
        self.helloTimeout = helloTimeout
        traits = DriverTraits(
            platform: quirks.platform, endpoint: "netconf", protection: .deviceTimer, verifiedBy: quirks.verifiedBy,
            notes: [
                "With confirmed-commit:1.1 any session that has the token may confirm or cancel; with 1.0 the end of the session reverts.",
                "A reboot inside the window brings the configuration from before.",
                quirks.locksRunning
                    ? "Running and candidate are locked meanwhile; reverting overwrites what others changed if their edits got past the locks."
                    : "The candidate is locked meanwhile; running cannot be on this platform.",
            ] + quirks.notes, timerUnit: .seconds(1))
    }

    package func open(
        device: String, connector: any DeviceConnector, transcript: any TranscriptSink,
        deadline: ContinuousClock.Instant
    ) async throws(DriverError) -> any DeviceSession {
        var last = DriverError(.timedOut, what: "no attempt was made", device: device)
        // Some servers accept a session right after their start and never speak: one more attempt (H-1).
        for attempt in 1...2 {
            do throws(DriverError) {
                return try await openOnce(device, connector, transcript, deadline)
            } catch {
                last = error
                guard error.code == .timedOut, attempt == 1, ContinuousClock.now < deadline else { throw error }
                transcript.record(.note, Array("no hello within \(helloTimeout); trying once more\n".utf8))
            }
        }
        throw last
    }

    private func openOnce(
        _ device: String, _ connector: any DeviceConnector, _ transcript: any TranscriptSink,
        _ deadline: ContinuousClock.Instant
    ) async throws(DriverError) -> NETCONFDeviceSession {
        let connection: any DeviceConnection
        let channel: any ByteChannel
        do throws(TransportError) {
            connection = try await connector.connect(device: device, endpoint: "netconf", deadline: deadline)
        } catch { throw NETCONFExchange.connectionError(error, device) }
        do throws(TransportError) {
            channel = try await openChannel(connection, transcript, deadline)
        } catch {
            await connection.close()
            throw NETCONFExchange.connectionError(error, device)
        }
        var exchange = NETCONFExchange(
            device: device, channel: channel, transcript: transcript, executor: connection.executor)
        do throws(DriverError) {
            let hello = try await exchange.start(
                deadline: min(deadline, ContinuousClock.now.advanced(by: helloTimeout)))
            return NETCONFDeviceSession(
                device: device, connection: connection, exchange: exchange, hello: hello,
                strategy: NETCONFStrategy(hello.capabilities), quirks: quirks)
        } catch {
            await channel.close()
            await connection.close()
            throw error
        }
    }

    /// The first of the platform's channels that the device does not refuse.
    private func openChannel(
        _ connection: any DeviceConnection, _ transcript: any TranscriptSink, _ deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> any ByteChannel {
        for kind in quirks.channels.dropLast() {
            do throws(TransportError) { return try await connection.open(kind, deadline: deadline) } catch {
                guard error.code == .subsystemRefused || error.code == .channelRefused else { throw error }
                transcript.record(.note, Array("\(kind) was refused; trying the platform's other way\n".utf8))
            }
        }
        return try await connection.open(quirks.channels.last ?? .subsystem("netconf"), deadline: deadline)
    }
}
