package io.jukung.cri.streaming;

import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The address of a stream that the daemon serves.
 *
 * @param certificate the SHA-256, in hex, of the only certificate to trust there; null: no TLS
 */
public record StreamEndpoint(URI url, @Nullable String certificate) {
  /**
   * Returns the endpoint of a URL that the daemon has named. For an https URL the daemon is asked,
   * on its own socket, which certificate it uses.
   *
   * @throws IOException if the daemon does not say which certificate it has
   */
  public static StreamEndpoint of(RuntimeServiceBlockingStub daemon, String url)
      throws IOException {
    URI address = URI.create(url);
    if (!address.getScheme().equals("https")) {
      return new StreamEndpoint(address, null);
    }
    StatusRequest request = StatusRequest.newBuilder().setVerbose(true).build();
    StatusResponse status = daemon.status(request);
    String info = status.getInfoOrDefault("streamingCertificate", "\"\"");
    String certificate = CommandStatus.JSON.readTree(info).asText();
    if (certificate.isEmpty()) {
      throw new IOException(
          "the daemon does not say which certificate it has at " + address.getAuthority());
    }
    return new StreamEndpoint(address, certificate);
  }
}
