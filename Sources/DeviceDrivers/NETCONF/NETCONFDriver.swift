package import ByteTransport
import DeviceConfiguration
import NETCONFProtocol

/// Drives any device with the NETCONF subsystem (RFC 6241, RFC 6242), by what it announces.
package struct NETCONFDriver: DeviceDriver {
    package let traits: DriverTraits
    /// How long a device may stay silent after the channel opened; one more attempt follows.
    package let helloTimeout: Duration

    package init(
        platform: String = "netconf", verifiedBy: String = "vendor software", helloTimeout: Duration = .seconds(10)
    ) {
        self.helloTimeout = helloTimeout
        traits = DriverTraits(
            platform: platform, endpoint: "netconf", protection: .deviceTimer, verifiedBy: verifiedBy,
            notes: [
                "With confirmed-commit:1.1 any session that has the token may confirm or cancel; with 1.0 the end of the session reverts.",
                "A reboot inside the window brings the configuration from before.",
                "Running and candidate are locked meanwhile; reverting overwrites what others changed if their edits got past the locks.",
            ], timerUnit: .seconds(1))
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
            channel = try await connection.open(.subsystem("netconf"), deadline: deadline)
        } catch {
            await connection.close()
            throw NETCONFExchange.connectionError(error, device)
        }
        var exchange = NETCONFExchange(device: device, channel: channel, transcript: transcript)
        do throws(DriverError) {
            let hello = try await exchange.start(
                deadline: min(deadline, ContinuousClock.now.advanced(by: helloTimeout)))
            guard let strategy = NETCONFStrategy(hello.capabilities) else {
                throw DriverError(
                    .notSupported, what: "the device announces neither candidate nor writable-running", device: device,
                    remedy: "enable one of them on the device")
            }
            return NETCONFDeviceSession(
                device: device, connection: connection, exchange: exchange, hello: hello, strategy: strategy)
        } catch {
            await channel.close()
            await connection.close()
            throw error
        }
    }
}
