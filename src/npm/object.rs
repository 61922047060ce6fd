//! Serializes values into plain objects.
//!
//! serde-wasm-bindgen does the same for every type there is, with a cache of
//! keys. That takes 0.9 KB more of compressed wasm than what effects and counters
//! are made of: structs of texts, numbers and flags.

use std::{cell::OnceCell, fmt};

use serde::ser::{self, Impossible, Serialize, SerializeStruct};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

/// A plain object with the fields of `value`, which is a struct, or an enum
/// with a tag. What is `None` has no field.
pub(super) fn object<T: JsCast>(value: &impl Serialize) -> T {
    let object = Object::new();
    let inner = OnceCell::new();
    let place = Place {
        object: &object,
        inner: &inner,
        key: "",
    };
    // All that effects and counters are made of is supported.
    let _ = value.serialize(place);
    JsValue::from(object).unchecked_into()
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

/// Where a value goes: the field of an object, or, with an empty key, the
/// object itself.
#[derive(Clone, Copy)]
struct Place<'a> {
    object: &'a Object,
    /// The one object that may be a field of it.
    inner: &'a OnceCell<Object>,
    key: &'static str,
}

/// A value is of a kind that is not supported.
#[derive(Debug)]
struct Unsupported;

impl fmt::Display for Unsupported {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Unsupported {}

impl ser::Error for Unsupported {
    fn custom<T: fmt::Display>(_: T) -> Unsupported {
        Unsupported
    }
}

type Written = Result<(), Unsupported>;

// Each of these is one function for all fields, and cannot fail: inlined, and
// asked each time whether they did, they would be most of what an effect takes.
impl Place<'_> {
    #[inline(never)]
    fn number(self, number: f64) {
        self.object.set_number(self.key, number);
    }

    #[inline(never)]
    fn text(self, text: &str) {
        self.object.set_text(self.key, text);
    }

    #[inline(never)]
    fn flag(self, flag: bool) {
        self.object.set_flag(self.key, flag);
    }
}

/// The fields of an object.
struct Fields<'a>(Place<'a>);

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Written {
        value.serialize(Place { key, ..self.0 })
    }

    fn end(self) -> Written {
        Ok(())
    }
}

macro_rules! numbers {
    ($($method:ident($number:ty);)*) => {
        $(fn $method(self, number: $number) -> Written {
            self.number(number.into());
            Ok(())
        })*
    };
}

macro_rules! unsupported {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Unsupported> {
            Err(Unsupported)
        })*
    };
}

impl<'a> ser::Serializer for Place<'a> {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = Impossible<(), Unsupported>;
    type SerializeTuple = Impossible<(), Unsupported>;
    type SerializeTupleStruct = Impossible<(), Unsupported>;
    type SerializeTupleVariant = Impossible<(), Unsupported>;
    type SerializeMap = Impossible<(), Unsupported>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), Unsupported>;

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

    fn serialize_bool(self, flag: bool) -> Written {
        self.flag(flag);
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Written {
        self.text(text);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.text(variant);
        Ok(())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Unsupported> {
        if self.key.is_empty() {
            return Ok(Fields(self));
        }
        let object = Object::new();
        self.object.set_object(self.key, &object);
        self.inner.set(object).map_err(|_| Unsupported)?;
        let object = self.inner.get().ok_or(Unsupported)?;
        Ok(Fields(Place { object, ..self }))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(Unsupported)
    }

    unsupported! {
        serialize_i64(i64) -> ();
        serialize_u64(u64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
