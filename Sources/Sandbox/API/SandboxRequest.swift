// SPDX-License-Identifier: Apache-2.0

/// An HTTP request as a value. `path` carries the query, still percent-encoded.
package struct SandboxRequest: Sendable {
    package var method: String
    package var path: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Whose certificate the connection was made with, once verified.
    package var clientCertificate: SandboxIdentity?
    /// The connection was made with a certificate that says nothing here.
    package var hasForeignCertificate = false
    /// Whom the request is answered for, once the server has settled that.
    var user = SandboxIdentity.anonymous

    package init(
        method: String, path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        clientCertificate: SandboxIdentity? = nil
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.clientCertificate = clientCertificate
    }

    /// The first header of that name, whatever its case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}
