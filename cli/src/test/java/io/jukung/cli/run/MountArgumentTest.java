package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import io.jukung.cli.run.MountArgument.Kind;
import io.jukung.cri.v1.MountPropagation;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MountArgumentTest {
  @ParameterizedTest
  @CsvSource({
    "/a:/b, BIND, /a, /b, false, true",
    "./a:/b:ro, BIND, ./a, /b, true, true",
    "data:/b, VOLUME, data, /b, false, true",
    "'data:/b:ro,nocopy', VOLUME, data, /b, true, false",
    "/b, VOLUME, '', /b, false, true",
  })
  void valueOfVolumeIsAPathOrANameOrNothing(
      String text, Kind kind, String source, String target, boolean readonly, boolean copy) {
    MountArgument mount = MountArgument.ofVolume(text);
    assertThat(mount.kind()).isEqualTo(kind);
    assertThat(mount.source()).isEqualTo(source);
    assertThat(mount.target()).isEqualTo(target);
    assertThat(mount.readonly()).isEqualTo(readonly);
    assertThat(mount.copy()).isEqualTo(copy);
    assertThat(mount.mustExist()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "/a:",
        ":/b",
        "/a:b",
        "/a:/b:ro:x",
        "/a:/b:rx",
        "a/b:/c",
        "/a:/b:nocopy",
        "data:/b:rshared"
      })
  void textsThatAreNotVolumesAreRefused(String text) {
    assertThatThrownBy(() -> MountArgument.ofVolume(text)).isInstanceOf(CliException.class);
  }

  @Test
  void fieldsOfMountHaveDockersNames() {
    MountArgument bind =
        MountArgument.ofMount("type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave");
    assertThat(bind.kind()).isEqualTo(Kind.BIND);
    assertThat(bind.source()).isEqualTo("/a");
    assertThat(bind.target()).isEqualTo("/b");
    assertThat(bind.readonly()).isTrue();
    assertThat(bind.mustExist()).isTrue();
    assertThat(bind.propagation()).isEqualTo(MountPropagation.PROPAGATION_HOST_TO_CONTAINER);

    MountArgument volume =
        MountArgument.ofMount(
            "source=data,target=/b,ro=false,volume-opt=type=nfs,volume-label=a=b,volume-nocopy,"
                + "\"volume-opt=o=addr=192.0.2.1,vers=4\",volume-opt=device=:/x");
    assertThat(volume.kind()).isEqualTo(Kind.VOLUME);
    assertThat(volume.readonly()).isFalse();
    assertThat(volume.copy()).isFalse();
    assertThat(volume.options())
        .isEqualTo(Map.of("type", "nfs", "o", "addr=192.0.2.1,vers=4", "device", ":/x"));
    assertThat(volume.labels()).isEqualTo(Map.of("a", "b"));

    MountArgument tmpfs =
        MountArgument.ofMount("type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=700,readonly=1");
    assertThat(tmpfs.tmpfs())
        .containsExactly("nosuid", "nodev", "noexec", "size=1048576", "mode=700", "ro");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "type=npipe,target=/a",
        "source=data",
        "target=b",
        "type=bind,target=/b",
        "type=bind,source=/a,target=/b,volume-nocopy",
        "source=/a,target=/b",
        "type=tmpfs,source=a,target=/b",
        "target=/b,tmpfs-size=1",
        "target=/b,volume-subpath=x",
        "source=data,target=/b,volume-subpath=/x",
        "source=data,target=/b,volume-subpath=a/../../x",
        "source=data,target=/b,volume-subpath=",
        "type=bind,source=/a,target=/b,volume-subpath=x",
        "target=/b,volume-driver=nfs",
        "target=/b,volume-opt=type",
        "target=/b,readonly=perhaps",
        "type=bind,source=/a,target=/b,bind-propagation=odd",
        "\"target=/b"
      })
  void textsThatAreNotMountsAreRefused(String text) {
    assertThatThrownBy(() -> MountArgument.ofMount(text)).isInstanceOf(CliException.class);
  }

  @Test
  void directoryOfAVolumeIsNotFilledFromTheImage() {
    MountArgument mount = MountArgument.ofMount("src=data,dst=/b,volume-subpath=./logs/app/");
    assertThat(mount.part()).isEqualTo("logs/app");
    assertThat(mount.copy()).isFalse();
    assertThat(MountArgument.ofMount("src=data,dst=/b").part()).isEmpty();
  }

  @Test
  void tmpfsHasDockersOptionsAndThoseThatAreNamed() {
    MountArgument tmpfs = MountArgument.ofTmpfs("/run:size=64m,exec");
    assertThat(tmpfs.target()).isEqualTo("/run");
    assertThat(tmpfs.tmpfs()).containsExactly("nosuid", "nodev", "size=64m", "exec");
    assertThatThrownBy(() -> MountArgument.ofTmpfs("run")).isInstanceOf(CliException.class);
  }

  @Test
  void quotedFieldMayHaveCommasAndQuotes() {
    assertThat(CommaSeparated.parse("a,\"b,c\",\"d\"\"e\","))
        .containsExactly("a", "b,c", "d\"e", "");
    for (String wrong : new String[] {"a\"b", "\"a\"b", "\"a"}) {
      assertThatThrownBy(() -> CommaSeparated.parse(wrong)).isInstanceOf(CliException.class);
    }
  }
}
