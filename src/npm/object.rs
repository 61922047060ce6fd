//! Serializes values into plain objects.
//!
//! serde-wasm-bindgen does that for every type, with a cache of keys. It takes 0.9 KB
//! more of compressed wasm. Effects and counters only need structs of texts, numbers and
//! flags.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, SerializeStruct};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

/// A plain object with the fields of `value`, which is a struct or a tagged enum. A field
/// that is `None` is left out.
pub(super) fn object<T: JsCast>(value: &impl Serialize) -> T {
    let place = Place {
        parent: None,
        key: "",
    };
    let Ok(NestedObject(object)) = value.serialize(place);
    object
        .map_or(JsValue::UNDEFINED, JsValue::from)
        .unchecked_into()
}

#[wasm_bindgen]
extern "C" {
    type Object;

    #[wasm_bindgen(constructor)]
    fn new() -> Object;

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_text(this: &Object, key: &str, value: &str);

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_number(this: &Object, key: &str, value: f64);

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_flag(this: &Object, key: &str, value: bool);

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_object(this: &Object, key: &str, value: &Object);
}

/// Where a value is written: into a field of an object.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// `None`: the value becomes an object of its own.
    parent: Option<&'a Object>,
    key: &'static str,
}

/// The result of writing a value: `None` if it is a field now, or its own object.
struct NestedObject(Option<Object>);

const FIELD: Result<NestedObject, Never> = Ok(NestedObject(None));

/// The error type. Writing never fails, and without error handling the code is half the
/// size. A value of an unsupported kind panics, which every test of it would notice.
#[derive(Debug)]
enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: fmt::Display>(error: T) -> Never {
        panic!("{error}")
    }
}

fn unsupported() -> ! {
    panic!("objects have fields of texts, numbers, flags and objects alone")
}

// Each of these is a single function for all fields. Its arguments are passed without
// memory.

#[inline(never)]
fn number(parent: Option<&Object>, key: &'static str, number: f64) {
    if let Some(parent) = parent {
        parent.set_number(key, number);
    }
}

#[inline(never)]
fn text(parent: Option<&Object>, key: &'static str, text: &str) {
    if let Some(parent) = parent {
        parent.set_text(key, text);
    }
}

#[inline(never)]
fn flag(parent: Option<&Object>, key: &'static str, flag: bool) {
    if let Some(parent) = parent {
        parent.set_flag(key, flag);
    }
}

/// An object whose fields are being written.
struct Fields(Object);

impl SerializeStruct for Fields {
    type Ok = NestedObject;
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        let parent = Some(&self.0);
        value.serialize(Place { parent, key })?;
        Ok(())
    }

    fn end(self) -> Result<NestedObject, Never> {
        Ok(NestedObject(Some(self.0)))
    }
}

macro_rules! numbers {
    ($($method:ident($number:ty);)*) => {
        $(fn $method(self, value: $number) -> Result<NestedObject, Never> {
            number(self.parent, self.key, value.into());
            FIELD
        })*
    };
}

macro_rules! unsupported {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Never> {
            unsupported()
        })*
    };
}

impl ser::Serializer for Place<'_> {
    type Ok = NestedObject;
    type Error = Never;
    type SerializeSeq = Impossible<NestedObject, Never>;
    type SerializeTuple = Impossible<NestedObject, Never>;
    type SerializeTupleStruct = Impossible<NestedObject, Never>;
    type SerializeTupleVariant = Impossible<NestedObject, Never>;
    type SerializeMap = Impossible<NestedObject, Never>;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Impossible<NestedObject, Never>;

    numbers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_f32(f32);
        serialize_f64(f64);
    }

    fn serialize_bool(self, value: bool) -> Result<NestedObject, Never> {
        flag(self.parent, self.key, value);
        FIELD
    }

    fn serialize_str(self, value: &str) -> Result<NestedObject, Never> {
        text(self.parent, self.key, value);
        FIELD
    }

    fn serialize_none(self) -> Result<NestedObject, Never> {
        FIELD
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<NestedObject, Never> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<NestedObject, Never> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<NestedObject, Never> {
        text(self.parent, self.key, variant);
        FIELD
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Never> {
        let object = Object::new();
        if let Some(parent) = self.parent {
            parent.set_object(self.key, &object);
        }
        Ok(Fields(object))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<NestedObject, Never> {
        unsupported()
    }

    unsupported! {
        serialize_i64(i64) -> NestedObject;
        serialize_u64(u64) -> NestedObject;
        serialize_char(char) -> NestedObject;
        serialize_bytes(&[u8]) -> NestedObject;
        serialize_unit() -> NestedObject;
        serialize_unit_struct(&'static str) -> NestedObject;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
