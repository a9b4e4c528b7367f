package io.jukung.cli.terminal;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.text.Json;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
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
   */
  public static StreamEndpoint of(Connection connection, String url) {
    URI address = URI.create(url);
    if (!address.getScheme().equals("https")) {
      return new StreamEndpoint(address, null);
    }
    StatusRequest request = StatusRequest.newBuilder().setVerbose(true).build();
    StatusResponse status = connection.runtime().status(request);
    String certificate = Json.parse(status.getInfoOrDefault("streamingCertificate", "")).asText();
    if (certificate.isEmpty()) {
      throw CliException.failed(
          "the daemon does not say which certificate it has at " + address.getAuthority());
    }
    return new StreamEndpoint(address, certificate);
  }
}
