package io.jukung.runtime.network;

import io.jukung.runtime.network.cni.CniCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Plugins that are shell scripts. Each notes its call in a log of all of them, and keeps its
 * environment and its request, before it does what the test says.
 */
public final class TestPlugins {
  private final Path directory;
  private final Path notes;

  public TestPlugins(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory.resolve("bin"));
    this.notes = Files.createDirectories(directory.resolve("notes"));
  }

  public Path directory() {
    return directory;
  }

  /** A plugin whose every command runs these lines of sh; {@code $request} is its input. */
  public void script(String name, String lines) throws IOException {
    Path file = directory.resolve(name);
    Files.deleteIfExists(file);
    Files.writeString(
        file,
        """
        #!/bin/sh
        request=$(cat)
        echo "$CNI_COMMAND %1$s" >> %2$s/calls
        printf '%%s' "$request" > %2$s/%1$s-$CNI_COMMAND.json
        env > %2$s/%1$s-$CNI_COMMAND.env
        """
                .formatted(name, notes)
            + lines
            + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  /** A plugin that answers ADD with this address and everything else with success. */
  public void answering(String name, String address) throws IOException {
    script(
        name,
        "[ $CNI_COMMAND != ADD ] || echo '{\"cniVersion\": \"1.0.0\", \"from\": \""
            + name
            + "\", \"ips\": [{\"address\": \""
            + address
            + "\"}]}'");
  }

  /** The calls so far, as in {@code ADD bridge}. */
  public List<String> calls() throws IOException {
    Path calls = notes.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : new ArrayList<>();
  }

  public void forgetCalls() throws IOException {
    Files.deleteIfExists(notes.resolve("calls"));
  }

  public String request(String name, CniCommand command) throws IOException {
    return Files.readString(notes.resolve(name + "-" + command + ".json"));
  }

  /** The environment of the last call, without what sh itself adds. */
  public List<String> environment(String name, CniCommand command) throws IOException {
    return Files.readAllLines(notes.resolve(name + "-" + command + ".env")).stream()
        .filter(
            line ->
                !line.startsWith("PWD=") && !line.startsWith("_=") && !line.startsWith("SHLVL="))
        .sorted()
        .toList();
  }
}
