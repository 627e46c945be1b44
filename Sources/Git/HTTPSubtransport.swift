// SPDX-License-Identifier: Apache-2.0

import CGit2
import Synchronization
import Transport

/// Carries libgit2's smart protocol over our own HTTP transport, which has deadlines, bounds and one TLS stack.
///
/// libgit2 asks for a stream, writes the request into it, then reads the answer, all on the thread that called fetch.
enum HTTPSubtransport {
    /// `git_transport_cb`: for `git_remote_callbacks.transport`; the payload is the session.
    static let make: git_transport_cb = { out, owner, payload in
        var definition = git_smart_subtransport_definition(callback: makeSubtransport, rpc: 1, param: payload)
        return git_transport_smart(out, owner, &definition)
    }
}

private let makeSubtransport: git_smart_subtransport_cb = { out, _, payload in
    guard let out, let payload else { return -1 }
    let subtransport = UnsafeMutablePointer<ms_git_subtransport>.allocate(capacity: 1)
    subtransport.initialize(
        to: ms_git_subtransport(
            base: git_smart_subtransport(action: openStream, close: { _ in 0 }, free: freeSubtransport), box: payload))
    out.pointee = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
}

private let freeSubtransport: @convention(c) (UnsafeMutablePointer<git_smart_subtransport>?) -> Void = { base in
    // The session is not ours to release: its owner keeps it through the whole call.
    UnsafeMutableRawPointer(base)?.assumingMemoryBound(to: ms_git_subtransport.self).deallocate()
}

private let openStream:
    @convention(c) (
        UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
        UnsafeMutablePointer<git_smart_subtransport>?, UnsafePointer<CChar>?, git_smart_service_t
    ) -> Int32 = { out, base, _, action in
        guard let out, let base,
            let payload = UnsafeRawPointer(base).assumingMemoryBound(to: ms_git_subtransport.self).pointee.box
        else { return -1 }
        let session = Unmanaged<RemoteSession>.fromOpaque(payload).takeUnretainedValue()
        let service: SmartHTTP.Service
        switch action {
        case GIT_SERVICE_UPLOADPACK_LS: service = .advertisement
        case GIT_SERVICE_UPLOADPACK: service = .uploadPack
        default: return -1
        }
        guard let http = SmartHTTP(session) else { return -1 }
        let exchange = HTTPExchange(http, service: service)
        let stream = UnsafeMutablePointer<ms_git_stream>.allocate(capacity: 1)
        stream.initialize(
            to: ms_git_stream(
                base: git_smart_subtransport_stream(
                    subtransport: base, read: readStream, write: writeStream, free: freeStream),
                box: Unmanaged.passRetained(exchange).toOpaque()))
        out.pointee = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: git_smart_subtransport_stream.self)
        return 0
    }

private func exchange(of stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) -> HTTPExchange? {
    guard let stream,
        let box = UnsafeRawPointer(stream).assumingMemoryBound(to: ms_git_stream.self).pointee.box
    else { return nil }
    return Unmanaged<HTTPExchange>.fromOpaque(box).takeUnretainedValue()
}

private let readStream:
    @convention(c) (
        UnsafeMutablePointer<git_smart_subtransport_stream>?, UnsafeMutablePointer<CChar>?, Int,
        UnsafeMutablePointer<Int>?
    ) -> Int32 = { stream, buffer, size, count in
        guard let exchange = exchange(of: stream), let buffer, let count else { return -1 }
        do throws(GitError) {
            count.pointee = try exchange.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
            return 0
        } catch {
            exchange.session.fail(error)
            return GIT_EUSER.rawValue
        }
    }

private let writeStream:
    @convention(c) (UnsafeMutablePointer<git_smart_subtransport_stream>?, UnsafePointer<CChar>?, Int) -> Int32 = {
        stream, bytes, count in
        guard let exchange = exchange(of: stream), let bytes else { return -1 }
        exchange.write(UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
    }

private let freeStream: @convention(c) (UnsafeMutablePointer<git_smart_subtransport_stream>?) -> Void = { stream in
    guard let stream else { return }
    let own = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: ms_git_stream.self)
    if let box = own.pointee.box { Unmanaged<HTTPExchange>.fromOpaque(box).release() }
    own.deallocate()
}

/// One request and its answer, read in pieces. Used by one thread at a time; not Sendable.
private final class HTTPExchange {
    private enum Piece: Sendable {
        case head(status: Int, headers: HTTPHeaders)
        case bytes([UInt8])
        case end
        case failure(GitError)
    }

    private let http: SmartHTTP
    private let service: SmartHTTP.Service
    private let handoff = ByteHandoff<Piece>()
    private var task: Task<Void, Never>?
    private var body: [UInt8] = []
    private var current: ArraySlice<UInt8> = []
    private var received = 0
    private var isAtEnd = false

    var session: RemoteSession { http.session }

    init(_ http: SmartHTTP, service: SmartHTTP.Service) {
        self.http = http
        self.service = service
    }

    deinit {
        handoff.close()
        task?.cancel()
    }

    func write(_ bytes: UnsafeRawBufferPointer) { body += bytes }

    /// Blocks until there are bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int {
        if task == nil { try start() }
        while current.isEmpty, !isAtEnd {
            switch try take() {
            case .bytes(let bytes):
                received += bytes.count
                let limit =
                    switch service {
                    case .advertisement: session.limits.advertisementBytes
                    case .uploadPack: session.limits.fetchBytes
                    }
                guard received <= limit else {
                    throw GitError(.tooLarge, http.url.description, "the answer is larger than \(limit) bytes")
                }
                current = bytes[...]
            case .end: isAtEnd = true
            case .failure(let error): throw error
            case .head: continue
            }
        }
        let count = min(buffer.count, current.count)
        buffer.copyBytes(from: current.prefix(count))
        current = current.dropFirst(count)
        return count
    }

    private func start() throws(GitError) {
        var request = try http.request(service, body: service == .uploadPack ? body : nil)
        request.deadlines.total = nil
        task = Self.pump(request, http: http, into: handoff)
        guard case .head(let status, let headers) = try take(whole: true) else {
            throw GitError(.other, http.url.description, "the server's answer has no head")
        }
        try http.check(status: status, headers: headers, service: service)
    }

    private func take(whole isFirst: Bool = false) throws(GitError) -> Piece {
        try session.checkpoint()
        let handoff = self.handoff
        let piece = try session.interruptible(by: { handoff.close() }) { () throws(GitError) -> Piece? in
            handoff.take(within: session.patience)
        }
        try session.checkpoint()
        switch piece {
        case .failure(let error): throw error
        case .some(let piece): return piece
        case nil: throw session.timeout(isFirst ? "the server does not answer" : "the server stopped in its answer")
        }
    }

    /// The bridge between the thread that blocks and the transport that does not: the one place in this module where
    /// work outlives the call that started it, until the exchange is freed.
    private static func pump(_ request: HTTPRequest, http: SmartHTTP, into handoff: ByteHandoff<Piece>) -> Task<
        Void, Never
    > {
        let transport = http.session.transport
        return Task {
            do {
                let stream = try await transport.stream(request)
                guard await handoff.put(.head(status: stream.status, headers: stream.headers)) else { return }
                for try await bytes in stream.body {
                    guard await handoff.put(.bytes(bytes)) else { return }
                }
                _ = await handoff.put(.end)
            } catch let error as TransportError {
                _ = await handoff.put(.failure(http.error(for: error)))
            } catch {
                _ = await handoff.put(.failure(GitError(.unreachable, http.url.description, "the answer broke off")))
            }
        }
    }
}
