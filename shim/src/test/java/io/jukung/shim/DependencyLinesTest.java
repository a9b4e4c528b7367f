package io.jukung.shim;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Limits which classes the shim may load, because every class costs memory in each pod. */
@AnalyzeClasses(packages = "io.jukung.shim", importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule SHIM_IS_SMALL =
      classes()
          .that()
          .resideInAPackage("io.jukung.shim..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.shim..",
              "io.jukung.linux..",
              "com.google.protobuf..",
              "java.lang..",
              "java.io..",
              "java.nio..",
              "java.util..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule SHIM_READS_NO_TEXT_BY_PATTERN =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.shim")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.util.regex..", "java.util.stream..", "java.util.logging..");

  /** The shim is one package now; the rule holds if it is ever divided. */
  @ArchTest
  static final ArchRule PACKAGES_ARE_FREE_OF_CYCLES =
      slices().matching("io.jukung.(shim..)").should().beFreeOfCycles();
}
