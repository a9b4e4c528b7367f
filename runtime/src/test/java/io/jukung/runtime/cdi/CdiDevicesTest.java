package io.jukung.runtime.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CdiDevicesTest {
  private static final String YAML =
      """
      cdiVersion: "0.6.0"
      kind: "vendor.example/net"
      annotations: {origin: generated}
      containerEdits:
        env: ["COMMON=1"]
      devices:
        - name: "0"
          containerEdits:
            deviceNodes:
              - {path: /dev/net0, hostPath: /dev/null, permissions: rw, fileMode: 420, uid: 7}
            mounts:
              - {hostPath: /usr/lib/net.so, containerPath: /lib/net.so, options: [ro, nosuid]}
            env: ["DEVICE=0"]
            additionalGids: [44]
        - name: all
          containerEdits:
            deviceNodes: [{path: /dev/net0}, {path: /dev/net1}]
      """;

  @TempDir Path directory;
  private Path low;
  private Path high;
  private CdiDevices devices;

  @BeforeEach
  void makeDirectories() throws IOException {
    low = Files.createDirectory(directory.resolve("low"));
    high = Files.createDirectory(directory.resolve("high"));
    devices = new CdiDevices(List.of(low, high, directory.resolve("absent")), List.of());
  }

  private static String json(String device, String edits) {
    return "{\"cdiVersion\": \"0.3.0\", \"kind\": \"vendor.example/net\", \"devices\": [{\"name\":"
        + " \""
        + device
        + "\", \"containerEdits\": "
        + edits
        + "}]}";
  }

  private void write(Path where, String name, String content) throws IOException {
    Files.writeString(where.resolve(name), content);
  }

  @Test
  void editsOfADeviceAndOfItsFileAreCombined() throws IOException {
    write(low, "net.yaml", YAML);
    CdiEdits edits = devices.edits(List.of("vendor.example/net=0"));
    assertThat(edits.env()).containsExactly("COMMON=1", "DEVICE=0");
    assertThat(edits.deviceNodes())
        .containsExactly(
            new CdiEdits.DeviceNode(
                "/dev/net0", "/dev/null", null, null, null, 0644, "rw", 7, null));
    assertThat(edits.mounts())
        .containsExactly(
            new CdiEdits.Mount("/usr/lib/net.so", "/lib/net.so", List.of("ro", "nosuid"), null));
    assertThat(edits.additionalGids()).containsExactly(44);
  }

  @Test
  void editsOfAFileAreAddedOnceForSeveralOfItsDevices() throws IOException {
    write(low, "net.yaml", YAML);
    CdiEdits edits = devices.edits(List.of("vendor.example/net=0", "vendor.example/net=all"));
    assertThat(edits.env()).containsExactly("COMMON=1", "DEVICE=0");
    assertThat(edits.deviceNodes()).hasSize(3);
  }

  @Test
  void deviceOfALaterDirectoryReplacesThatOfAnEarlierOne() throws IOException {
    write(low, "a.json", json("0", "{\"env\": [\"FROM=low\"]}"));
    write(high, "b.json", json("0", "{\"env\": [\"FROM=high\"]}"));
    assertThat(devices.edits(List.of("vendor.example/net=0")).env()).containsExactly("FROM=high");
  }

  @Test
  void deviceDescribedTwiceInOneDirectoryIsRefusedUnlessALaterOneDescribesIt() throws IOException {
    write(low, "a.json", json("0", "{}"));
    write(low, "b.json", json("0", "{}"));
    assertThatThrownBy(() -> devices.edits(List.of("vendor.example/net=0")))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll("described twice", "a.json", "b.json");
    write(high, "c.json", json("0", "{\"env\": [\"FROM=high\"]}"));
    assertThat(devices.edits(List.of("vendor.example/net=0")).env()).containsExactly("FROM=high");
  }

  @Test
  void changedFileIsReadForTheNextContainer() throws IOException {
    write(low, "a.json", json("0", "{\"env\": [\"A=1\"]}"));
    devices.edits(List.of("vendor.example/net=0"));
    write(low, "a.json", json("0", "{\"env\": [\"A=2\"]}"));
    assertThat(devices.edits(List.of("vendor.example/net=0")).env()).containsExactly("A=2");
  }

  @Test
  void withoutDeviceNamesNoFileIsRead() throws IOException {
    write(low, "broken.json", "{");
    assertThat(devices.edits(List.of())).isEqualTo(CdiEdits.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"intelRdt\": {\"closID\": \"x\"}}|intelRdt, which is not implemented",
        "{\"netDevices\": [{\"hostInterfaceName\": \"x\", \"name\": \"y\"}]}|netDevices, which is"
            + " not",
      })
  void unimplementedEditIsRefusedByName(String edits, String message) throws IOException {
    write(low, "a.json", json("0", edits));
    assertThatThrownBy(() -> devices.edits(List.of("vendor.example/net=0")))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll("vendor.example/net=0", message);
  }

  private static String hook(String moment, String path, String more) {
    return "{\"hooks\": [{\"hookName\": \"%s\", \"path\": \"%s\"%s}]}"
        .formatted(moment, path, more);
  }

  private Path hooks() {
    return directory.resolve("hooks");
  }

  private Path program(String name) throws IOException {
    Files.createDirectories(hooks());
    Path program = Files.writeString(hooks().resolve(name), "#!/bin/sh\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    devices.use(List.of(low), List.of(hooks()));
    return program;
  }

  private void assertHookRefused(String hook, String... why) throws IOException {
    write(low, "a.json", json("0", hook));
    assertThatThrownBy(() -> devices.edits(List.of("vendor.example/net=0")))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll(why)
        .hasMessageContaining("CDI device vendor.example/net=0");
  }

  @Test
  void hooksOfRootAloneAreTaken() throws IOException {
    Path program = program("nvidia-cdi-hook");
    write(low, "a.json", json("0", hook("createContainer", program.toString(), "")));
    assertThat(devices.edits(List.of("vendor.example/net=0")).hooks())
        .containsExactly(
            new CdiEdits.Hook("createContainer", program.toString(), null, null, null));
    write(low, "a.json", json("0", hook("startContainer", "/in/the/container", "")));
    assertThat(devices.edits(List.of("vendor.example/net=0")).hooks()).hasSize(1);
  }

  @Test
  void hooksThatOthersThanRootCanChangeAreRefused() throws IOException {
    Path program = program("hook");
    String hook = hook("createContainer", program.toString(), "");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxrwxr-x"));
    assertHookRefused(hook, program + " can be changed by others than root (owner 0, mode 775)");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setAttribute(program, "unix:uid", 1000);
    assertHookRefused(hook, "owner 1000");
    Files.setAttribute(program, "unix:uid", 0);
    Files.setPosixFilePermissions(hooks(), PosixFilePermissions.fromString("rwxr-xrwx"));
    assertHookRefused(hook, hooks() + " can be changed");
    Files.setPosixFilePermissions(hooks(), PosixFilePermissions.fromString("rwxr-xr-x"));
    write(low, "a.json", json("0", hook));
    assertThat(devices.edits(List.of("vendor.example/net=0")).hooks()).hasSize(1);
    Files.setPosixFilePermissions(
        low.resolve("a.json"), PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThatThrownBy(() -> devices.edits(List.of("vendor.example/net=0")))
        .hasMessageContaining("a.json can be changed");
  }

  @Test
  void hooksElsewhereAndImpossibleHooksAreRefused() throws IOException {
    Path program = program("hook");
    Path outside = Files.copy(program, directory.resolve("outside"));
    Path link = Files.createSymbolicLink(program.resolveSibling("link"), outside);
    String allowed = "none of the directories of cdi.hook_dirs: " + hooks();
    assertHookRefused(hook("poststop", outside.toString(), ""), allowed);
    assertHookRefused(hook("poststop", link.toString(), ""), allowed);
    assertHookRefused(hook("poststop", hooks() + "/../outside", ""), allowed);
    assertHookRefused(hook("poststop", program + "x", ""), program + "x does not exist");
    assertHookRefused(hook("poststop", hooks().toString(), ""), "no executable file");
    assertHookRefused(hook("poststop", "hook", ""), "path hook is not absolute");
    assertHookRefused(hook("later", program.toString(), ""), "hook later, which is no moment");
    assertHookRefused(
        hook("poststop", program.toString(), ", \"timeout\": 0"), "timeout 0 is not above 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|broken.json",
        "{\"cdiVersion\": \"9.0.0\"}|cdiVersion 9.0.0 is not supported",
        "{\"cdiVersion\": \"0.3.0\", \"kind\": \"x\"}|kind x",
        "{\"cdiVersion\": \"0.3.0\", \"kind\": \"v/c\", \"devices\": []}|no devices",
        "{\"cdiVersion\": \"0.3.0\", \"kind\": \"v/c\", \"divices\": []}|divices",
      })
  void brokenFileIsNamedInTheErrorForAMissingDevice(String content, String message)
      throws IOException {
    write(low, "broken.json", content);
    write(low, "net.yaml", YAML);
    assertThat(devices.edits(List.of("vendor.example/net=0")).env()).isNotEmpty();
    assertThatThrownBy(() -> devices.edits(List.of("v/c=0")))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll("no CDI device v/c=0", "broken.json", message);
  }

  @Test
  void fileAboveTheLimitIsNotRead() throws IOException {
    write(low, "net.yaml", YAML);
    write(low, "huge.json", " ".repeat((4 << 20) + 1));
    assertThat(devices.edits(List.of("vendor.example/net=0")).env()).isNotEmpty();
    assertThatThrownBy(() -> devices.edits(List.of("v/c=0")))
        .hasMessageContainingAll("huge.json", "larger than 4194304 bytes");
  }

  @Test
  void filesWithOtherNamesAreIgnored() throws IOException {
    write(low, "net.yaml.rpmsave", "{");
    Files.createDirectory(low.resolve("directory.json"));
    assertThatThrownBy(() -> devices.edits(List.of("v/c=0")))
        .hasMessage("there is no CDI device v/c=0");
  }

  @Test
  void namesOfFieldAndAnnotationsAreCombined() {
    assertThat(
            CdiDevices.requested(
                List.of("a/b=1", "a/b=2"),
                Map.of("cdi.k8s.io/plugin", "a/b=2,c/d=x", "other", "not=it")))
        .containsExactly("a/b=1", "a/b=2", "c/d=x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "a/b", "a/b=", "=x", "a=b", "../x/y=z", "a/b=../c", "a/b=c d"})
  void invalidDeviceNameIsRefused(String name) {
    assertThatThrownBy(() -> CdiDevices.requested(List.of(name), Map.of()))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("\"" + name + "\"");
  }
}
