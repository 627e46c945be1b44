// SPDX-License-Identifier: Apache-2.0

internal import NIOSSL

/// What a sandbox serves HTTPS with, and whose client certificates it takes.
package struct SandboxTLS: Sendable {
    /// In PEM, the server's own first.
    package var certificateChain: [UInt8]
    /// In PEM.
    package var privateKey: [UInt8]
    /// In PEM: client certificates that it has signed are believed, others end the handshake.
    package var clientAuthority: [UInt8]
    /// Whom a client certificate (DER) that was verified is for; nil where it names nobody.
    package var subject: @Sendable ([UInt8]) -> SandboxIdentity?

    package init(
        certificateChain: [UInt8], privateKey: [UInt8], clientAuthority: [UInt8],
        subject: @escaping @Sendable ([UInt8]) -> SandboxIdentity?
    ) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.clientAuthority = clientAuthority
        self.subject = subject
    }

    /// - Throws: NIOSSL's errors for what is no PEM.
    func configuration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(certificateChain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: privateKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(clientAuthority))
        return configuration
    }
}
