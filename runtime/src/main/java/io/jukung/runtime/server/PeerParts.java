package io.jukung.runtime.server;

import io.jukung.image.content.NativeCryptography;
import io.jukung.image.peer.SharedContent;
import io.jukung.image.store.ImageStore;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.PeersAddress;
import io.jukung.runtime.peer.PeerServer;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives images to other nodes. A class of its own: a daemon that gives none loads none of its
 * classes.
 */
final class PeerParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerParts.class);

  private final PeerServer server;

  /**
   * Begins to listen.
   *
   * @param settings with an address
   */
  PeerParts(Config.Peers settings, ImageStore images) throws StartupException {
    try {
      server =
          PeerServer.start(
              PeersAddress.parse(settings.address()),
              new SharedContent(images, settings.share()),
              tls(settings),
              settings.maxConnections());
    } catch (IOException e) {
      throw new StartupException(
          "images cannot be given to other nodes on %s: %s"
              .formatted(settings.address(), e.getMessage()),
          e);
    }
    LOG.info(
        "images are given to other nodes on {}{}",
        settings.address(),
        settings.tlsCertificate().isEmpty() ? "" : " over TLS");
  }

  private static @Nullable SslContext tls(Config.Peers settings) throws IOException {
    if (settings.tlsCertificate().isEmpty()) {
      return null;
    }
    NativeCryptography.useForTls();
    SslContextBuilder builder;
    try {
      builder =
          SslContextBuilder.forServer(
              new File(settings.tlsCertificate()), new File(settings.tlsKey()));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "peers.tls_certificate and peers.tls_key: " + e.getMessage() + reason(e), e);
    }
    try {
      return builder
          .trustManager(new File(settings.tlsClientCa()))
          .clientAuth(ClientAuth.REQUIRE)
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException("peers.tls_client_ca: " + e.getMessage() + reason(e), e);
    }
  }

  private static String reason(Throwable e) {
    return e.getCause() == null ? "" : ": " + e.getCause().getMessage();
  }

  @Override
  public void close() {
    server.close();
  }
}
