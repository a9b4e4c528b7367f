package io.jukung.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which part of the daemon may know what. */
@AnalyzeClasses(
    packages = "io.jukung.runtime",
    importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule DAEMON_SPEAKS_TO_SHIMS_BY_MESSAGES =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jukung.shim", "com.kenai.jffi..");

  @ArchTest
  static final ArchRule CALLS_DO_NOT_KNOW_THEIR_TRANSPORT =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.jukung.runtime.service..",
              "io.jukung.runtime.spec..",
              "io.jukung.runtime.launch..",
              "io.jukung.runtime.store..",
              "io.jukung.runtime.network..",
              "io.jukung.runtime.recovery..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "io.netty..", "picocli..", "io.jukung.runtime.server..");

  @ArchTest
  static final ArchRule CLIENT_IS_A_CLIENT =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.runtime.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.runtime.service..",
              "io.jukung.runtime.store..",
              "io.jukung.runtime.shim..",
              "io.jukung.runtime.network..");

  @ArchTest
  static final ArchRule LAUNCH_KNOWS_ONLY_THE_SPEC =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.runtime.launch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jukung.cri.v1..", "io.jukung.runtime.service..");
}
