package io.jukung.image.service;

import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.LoginResponse;
import io.jukung.client.v1.LogoutRequest;
import io.jukung.client.v1.LogoutResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.credentials.AuthFiles;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.credentials.Logins;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistryException;
import java.io.IOException;
import java.nio.file.Path;

/** Logs in to registries and out again: the credentials are verified, and kept in an auth file. */
public final class Login {
  private final RegistryClient registries;
  private final AuthFiles authFiles;
  private final Logins logins = new Logins();

  /**
   * @param authFiles the files in which pulls and pushes look for credentials
   */
  public Login(RegistryClient registries, AuthFiles authFiles) {
    this.registries = registries;
    this.authFiles = authFiles;
  }

  public LoginResponse logIn(LoginRequest request) throws InterruptedException {
    String registry = Logins.registry(request.getServer());
    Path file = HostPath.parse(request.getFile());
    Credentials credentials = PullImage.credentials(request.getAuth());
    String action = "log in to " + registry;
    try {
      registries.verify(registry, credentials);
      String keptIn = logins.keep(file, registry, credentials);
      return LoginResponse.newBuilder()
          .setRegistry(registry)
          .setKeptIn(keptIn)
          .setFileIsUsed(authFiles.includes(file))
          .build();
    } catch (RegistryException e) {
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    } catch (CriException e) {
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CriException(ErrorKind.FAILED_PRECONDITION, action + ": " + e.getMessage(), e);
    }
  }

  public LogoutResponse logOut(LogoutRequest request) throws InterruptedException {
    String registry = Logins.registry(request.getServer());
    Path file = HostPath.parse(request.getFile());
    try {
      return LogoutResponse.newBuilder()
          .setRegistry(registry)
          .setHadLogin(logins.forget(file, registry))
          .build();
    } catch (IOException e) {
      throw new CriException(
          ErrorKind.FAILED_PRECONDITION, "log out of " + registry + ": " + e.getMessage(), e);
    }
  }
}
